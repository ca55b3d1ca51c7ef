-- After a restore or a failover that lost what was acknowledged: every fence and lease of before dies. Whoever held a run
-- can neither begin nor settle (a settle is kept as evidence); the next claim finds its open begins and puts them in doubt.
create or replace function midwatch.raise_incarnation(out incarnation bigint, out released bigint)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  now_ms bigint;
begin
  perform pg_advisory_xact_lock(19799, 0);
  update ledger l set incarnation = l.incarnation + 1 returning l.incarnation into incarnation;
  now_ms := clock_ms();
  update worker w set lease_until = least(w.lease_until, now_ms), retired = true;
  perform 1 from run g where g.worker_id is not null order by g.run_id for no key update;
  update run g set fence = greatest(g.fence, raise_incarnation.incarnation << 40) where g.worker_id is not null;
  get diagnostics released = row_count;
end $$;

revoke execute on function midwatch.raise_incarnation() from public;
