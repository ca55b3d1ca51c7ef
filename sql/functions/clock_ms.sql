-- The ledger's clock, epoch ms. A test database may replace it. In a query write (select midwatch.clock_ms()): bare, it is
-- volatile and no index is used.
create or replace function midwatch.clock_ms() returns bigint
language sql volatile
as $$
  select floor(extract(epoch from clock_timestamp()) * 1000)::bigint
$$;

-- When this server started, epoch ms: within one lease of it no lease expires.
create or replace function midwatch.started_ms() returns bigint
language sql stable
as $$
  select floor(extract(epoch from pg_postmaster_start_time()) * 1000)::bigint
$$;
