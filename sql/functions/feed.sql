-- Where the feed stands. `life` names the ledger's history: another cluster, a promotion, a restored copy are other ones.
-- `horizon`: entries of transactions below it are all there. A number alone would not do: what has a lower one may commit later.
-- `ahead`: no transaction at or above it has ended. `is_copied`: entries name later ones, for the ledger comes from a cluster that
-- was further, and nobody has reconciled it.
create or replace function midwatch.feed_here(
  out life text, out horizon bigint, out ahead bigint, out is_copied boolean, out has_older boolean)
language sql volatile
set search_path to midwatch, pg_temp
as $$
  select life_now() || '/' || l.incarnation,
    l.tx_base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    l.tx_base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    coalesce((select max(d.tx >> 4) from entry d where d.tx > 0) > l.tx_base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint >> 4, false),
    l.has_older
  from ledger l
$$;
