-- Erases the words of an ended run: bodies of its entries and their salts (else a short body could be guessed from its
-- digest), of its mail and its evidence, what people were shown and said, the reasons of its scores, and its blobs. The chain still verifies. While a doubt is open
-- nothing is erased: it could not be checked any more. The runtime's role may not change entries, therefore this runs with
-- its owner's rights.
create or replace function midwatch.erase(p_run text) returns int
language plpgsql security definer
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  erased int := 0;
  n int;
begin
  perform 1 from run g where g.run_id = p_run and g.state = 'ended' and g.open = '{}' for no key update;
  if not found then return 0; end if;
  update entry d set body = null, salt = '' where d.run_id = p_run and d.body is not null;
  get diagnostics n = row_count; erased := erased + n;
  update mail m set body = '{}' where m.run_id = p_run and m.body <> '{}';
  get diagnostics n = row_count; erased := erased + n;
  update evidence v set body = '{}' where v.run_id = p_run and v.body <> '{}';
  get diagnostics n = row_count; erased := erased + n;
  update escalation s set show = '{}', note = null, result = null, first_note = null, first_result = null
   where s.run_id = p_run and (s.show <> '{}' or s.note is not null or s.result is not null
     or s.first_note is not null or s.first_result is not null);
  get diagnostics n = row_count; erased := erased + n;
  update score k set reason = null where k.run_id = p_run and k.reason is not null;
  get diagnostics n = row_count; erased := erased + n;
  update lost l set told = '{}' where (l.run_id = p_run or l.kept_as = p_run) and l.told <> '{}';
  get diagnostics n = row_count; erased := erased + n;
  delete from blob b where b.run_id = p_run;
  get diagnostics n = row_count;
  return erased + n;
end $$;
