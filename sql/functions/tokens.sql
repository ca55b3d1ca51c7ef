-- Revokes a token by its id or name, for good: ok, unknown or unchanged. Whoever works runs may take a token's power away and
-- may not give any: the runtime's role cannot write tokens, therefore this runs with its owner's rights.
create or replace function midwatch.revoke_token(p_token text, p_by text) returns text
language plpgsql security definer
set search_path to midwatch, pg_temp
as $$
declare
  t token;
begin
  perform assert_isolation();
  select * into t from token x where x.id = p_token or x.name = p_token order by x.id = p_token desc limit 1 for no key update;
  if not found then return 'unknown'; end if;
  if t.revoked_at is not null then return 'unchanged'; end if;
  update token x set revoked_at = clock_ms(), revoked_by = p_by where x.id = t.id;
  return 'ok';
end $$;

revoke execute on function midwatch.revoke_token(text, text) from public;
