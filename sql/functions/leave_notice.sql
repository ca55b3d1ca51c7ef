-- Leaves something that a person must be told; `body` is canonical JSON text.
create or replace function midwatch.leave_notice(p_kind text, p_tenant text, p_run text, p_body text, p_at bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  given bigint;
begin
  insert into notice (kind, tenant, run_id, body, at) values (p_kind, p_tenant, p_run, p_body, p_at) returning no into given;
  perform pg_notify('midwatch_wake', 'notice:' || given);
end $$;
