-- After a restore or a failover that lost what was acknowledged: every fence and lease of before dies. Whoever held a run
-- can neither begin nor settle (a settle is kept as evidence); the next claim finds its open begins and puts them in doubt.
create or replace function midwatch.raise_incarnation(out incarnation bigint, out released bigint)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  now_ms bigint;
  base bigint;
begin
  perform pg_advisory_xact_lock(19799, 0);
  -- Copied into another cluster, entries may be of transactions that are still to come there: what is written from now on counts
  -- on from the last of them.
  base := (select greatest(l.tx_base, coalesce((select max(d.tx >> 4) + 1 << 4 from entry d where d.tx > 0), 0) - pg_current_xact_id()::text::bigint)
             from ledger l);
  if base > (select l.tx_base from ledger l) then
    execute format('alter table entry alter column tx set default %s + pg_current_xact_id()::text::bigint', base);
  end if;
  update ledger l set incarnation = l.incarnation + 1, tx_base = base returning l.incarnation into incarnation;
  now_ms := clock_ms();
  update worker w set lease_until = least(w.lease_until, now_ms), retired = true;
  perform 1 from run g where g.worker_id is not null order by g.run_id for no key update;
  update run g set fence = greatest(g.fence, raise_incarnation.incarnation << 40) where g.worker_id is not null;
  get diagnostics released = row_count;
end $$;

revoke execute on function midwatch.raise_incarnation() from public;
