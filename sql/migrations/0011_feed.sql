-- A place on the whole ledger. Numbers alone skip what commits late, so an entry keeps the transaction that wrote it: whatever lies
-- under the oldest transaction that still runs is all there, and nothing joins it any more.

-- 0: written before there was a feed. null: a begin that was written with the settle right before it, which says it for both.
alter table midwatch.entry add column tx bigint default 0;
-- Said outright, for a restored ledger counts on from where it was: see raise_incarnation.
alter table midwatch.entry alter column tx set default pg_current_xact_id()::text::bigint;
-- By sixteen transactions at a time: entries of one key share it in the index, 7 bytes instead of 20.
create index entry_tx on midwatch.entry ((tx >> 4)) where tx > 0;

alter table midwatch.ledger
  -- Added to the number of a transaction, so that numbers only rise.
  add column tx_base bigint not null default 0,
  -- There are entries from before the feed.
  add column has_older boolean not null default false;
update midwatch.ledger set has_older = exists (select from midwatch.entry);
