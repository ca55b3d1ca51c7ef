-- Runs that a worker which serves this would be given now, without claiming any: those of dead workers, and what is due, the longest
-- first. For whoever dispatches by other means than claims.
create or replace function midwatch.due_runs(p_serves text[], p_queues text[], p_limit int)
returns table ("runId" text, fence bigint, "dueAt" bigint)
language plpgsql stable
set search_path to midwatch, pg_temp
set enable_seqscan to off
set enable_hashjoin to off
set enable_mergejoin to off
set jit to off
as $$
#variable_conflict use_column
declare
  mine constant bigint[] := served_pins(p_serves);
  now_ms constant bigint := clock_ms();
begin
  if not may_claim() then return; end if;
  return query
  select f.run_id, f.fence, f.due_at from (
    (select g.run_id, g.fence, null::bigint due_at
       from (select x.worker_id from worker x where x.lease_until <= now_ms and exists (select from run h where h.worker_id = x.worker_id)) d
       join run g on g.worker_id = d.worker_id
      where g.pin_id = any(mine) and g.queue = any(p_queues) and claimable(g, now_ms) limit p_limit)
    union all
    (select e.run_id, e.fence, e.due_at
       from unnest(p_queues) q(queue) cross join unnest(mine) p(pin_id) cross join generate_series(0, 2) v
      cross join lateral (select g.run_id, g.fence, g.due_at from run g
        where g.queue = q.queue and g.pin_id = p.pin_id and g.priority = v and g.due_at <= now_ms order by g.due_at limit p_limit) e
      order by e.due_at limit p_limit)) f
   order by f.due_at nulls first, f.run_id collate "C" limit p_limit;
end $$;
