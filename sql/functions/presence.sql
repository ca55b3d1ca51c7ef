-- A worker's presence: an advisory lock on a session that does nothing else, so that the server lets go of it the moment the
-- process dies. It is a hint: a lease that is not renewed runs out without it. False while another session holds it.
create or replace function midwatch.keep_presence(p_worker bigint) returns boolean
language plpgsql
set search_path to midwatch, pg_temp
as $$
begin
  if not pg_try_advisory_lock(19802, p_worker::int) then return false; end if;
  update worker w set present_under = started_ms() where w.worker_id = p_worker;
  return true;
end $$;

-- Workers with a lease whose presence was taken under this very server and is held by nobody. After a restart or a promotion
-- all such locks are gone and nobody is dead.
create or replace function midwatch.absent_workers() returns setof bigint
language sql
set search_path to midwatch, pg_temp
as $$
  select w.worker_id from worker w
   where w.present_under = started_ms() and not w.retired and w.lease_until > (select clock_ms())
     and not exists (
       select from pg_locks l where l.locktype = 'advisory' and l.classid = 19802 and l.objid = w.worker_id::int::oid
          and l.objsubid = 2 and l.granted and l.database = (select d.oid from pg_database d where d.datname = current_database()))
$$;

-- Ends the leases of those who are still absent at this second look. Answers how many.
create or replace function midwatch.reap(p_workers bigint[]) returns int
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  gone bigint[] := array(select a from absent_workers() a where a = any(p_workers));
begin
  perform retire(a) from unnest(gone) a order by a;
  return cardinality(gone);
end $$;
