-- Start of the calendar window (UTC, weeks from Monday) that holds a time; -1 for total. As windowStart in src/core/meters.ts.
create or replace function midwatch.window_start(per text, at bigint) returns bigint
language sql stable
as $$
  select case per
  when 'total' then -1
  when 'hour' then at - at % 3600000
  when 'day' then at - at % 86400000
  -- The epoch was a Thursday: three days into its week.
  when 'week' then at - (at + 259200000) % 604800000
  when 'month' then
    (extract(epoch from date_trunc('month', to_timestamp(at / 1000) at time zone 'UTC')) * 1000)::bigint
end
$$;

-- When the window that holds a time is over; null for total.
create or replace function midwatch.window_end(per text, at bigint) returns bigint
language sql stable
as $$
  select case per
  when 'hour' then at - at % 3600000 + 3600000
  when 'day' then at - at % 86400000 + 86400000
  when 'week' then at - (at + 259200000) % 604800000 + 604800000
  when 'month' then (extract(epoch from
    date_trunc('month', to_timestamp(at / 1000) at time zone 'UTC') + interval '1 month') * 1000)::bigint
end
$$;
