-- Hands out notices that were not tried within p_retry_after_ms, and counts the try.
create or replace function midwatch.take_notices(p_limit int, p_retry_after_ms bigint) returns setof midwatch.notice
language sql
set search_path to midwatch, pg_temp
as $$
  with clock as materialized (select clock_ms() now_ms),
  taken as materialized (
    select x.no from notice x, clock
     where x.sent_at is null and (x.tried_at is null or x.tried_at + p_retry_after_ms <= clock.now_ms)
     order by x.no limit p_limit for no key update of x skip locked),
  tried as (
    update notice x set tries = x.tries + 1, tried_at = clock.now_ms from taken, clock where x.no = taken.no returning x.*)
  select * from tried order by no
$$;
