-- A worker's lease. Rows of workers that are long gone and hold nothing are swept with each registration.
create or replace function midwatch.register(
  p_name text, p_lease_ms bigint, p_serves text[], p_queues text[], out worker_id bigint, out at bigint, out lease_until bigint
)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  keep_ms constant bigint := 86400000;
begin
  perform assert_isolation();
  at := clock_ms();
  delete from worker w where w.lease_until < at - keep_ms and not exists (select from run g where g.worker_id = w.worker_id);
  lease_until := at + p_lease_ms;
  insert into worker (name, serves, queues, lease_ms, lease_until, started_at, beat_at)
    values (p_name, p_serves, p_queues, p_lease_ms, register.lease_until, register.at, register.at)
    returning worker.worker_id into worker_id;
end $$;

-- Extends a lease that has not run out. `was` is the time of the last beat that the ledger knows of; null: it knows no such worker.
create or replace function midwatch.heartbeat(
  p_worker bigint, p_lease_ms bigint, out held boolean, out at bigint, out lease_until bigint, out was bigint
)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
begin
  select w.beat_at into was from worker w where w.worker_id = p_worker;
  at := clock_ms();
  update worker w set lease_until = heartbeat.at + p_lease_ms, lease_ms = p_lease_ms, beat_at = heartbeat.at
   where w.worker_id = p_worker and w.lease_until > heartbeat.at returning w.lease_until into lease_until;
  held := found;
  if not held then
    lease_until := coalesce((select w.lease_until from worker w where w.worker_id = p_worker), heartbeat.at);
  end if;
end $$;

-- Ends a lease now. Its runs stay as they are: they are claimable by that.
create or replace function midwatch.retire(p_worker bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  now_ms constant bigint := clock_ms();
begin
  update worker w set lease_until = least(w.lease_until, now_ms), retired = true where w.worker_id = p_worker;
  perform pg_notify('midwatch_wake', 'due:' || q.queue)
    from (select distinct g.queue from run g where g.worker_id = p_worker) q;
end $$;
