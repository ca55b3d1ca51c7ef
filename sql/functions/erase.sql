-- Erases the bodies of an ended run, and their salts: else a short body could be guessed from its digest. The chain still
-- verifies. The runtime's role may not change entries, therefore this runs with its owner's rights.
create or replace function midwatch.erase(p_run text) returns int
language plpgsql security definer
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  erased int;
begin
  perform 1 from run g where g.run_id = p_run and g.state = 'ended' for no key update;
  if not found then return 0; end if;
  update entry d set body = null, salt = '' where d.run_id = p_run and d.body is not null;
  get diagnostics erased = row_count;
  return erased;
end $$;
