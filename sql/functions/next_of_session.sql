-- Makes the next run of a session active, when it is not among the runs that the caller has in hand; one that is queued is due.
create or replace function midwatch.next_of_session(p_tenant text, p_session text, in_hand text[], p_at bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  next run;
begin
  select * into next from run g
   where g.tenant = p_tenant and g.session = p_session and g.state <> 'ended' and not g.run_id = any(in_hand)
   order by g.session_no limit 1 for no key update;
  if not found then return; end if;
  update session s set active = next.run_id where s.tenant = p_tenant and s.session = p_session;
  if next.state = 'queued' then
    update run g set due_at = p_at where g.run_id = next.run_id;
    perform pg_notify('midwatch_wake', 'due:' || next.queue);
  end if;
end $$;
