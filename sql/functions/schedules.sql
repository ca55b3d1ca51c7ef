-- A worker says that a schedule is to be kept; answers with what stands. The newer version's word counts, at the same version
-- that of the worker that started later, and anybody's once nobody has looked for `staleMs`.
create or replace function midwatch.keep_schedule(p jsonb) returns midwatch.schedule
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  asked schedule := jsonb_populate_record(null::schedule, p);
  s schedule;
  now_ms bigint;
begin
  perform assert_isolation();
  insert into schedule (name, version, cron, tz, overlap, missed, since, first_seen, done_until, looked_at)
    select asked.name, asked.version, asked.cron, asked.tz, asked.overlap, asked.missed, asked.since, c.at, c.at, c.at
      from (select clock_ms() at) c
    on conflict (name) do nothing;
  select * into s from schedule x where x.name = asked.name for no key update;
  now_ms := clock_ms();
  if (s.version, s.cron, s.tz, s.overlap, s.missed) is distinct from
     (asked.version, asked.cron, asked.tz, asked.overlap, asked.missed) then
    if (asked.version, asked.since) <= (s.version, s.since) and s.looked_at > now_ms - (p ->> 'stale_ms')::bigint then return s; end if;
    s.done_until := case when (s.cron, s.tz) = (asked.cron, asked.tz) then s.done_until else greatest(s.done_until, now_ms) end;
    s.version := asked.version; s.cron := asked.cron; s.tz := asked.tz; s.overlap := asked.overlap; s.missed := asked.missed;
    s.since := asked.since;
    s.revision := s.revision + 1;
  end if;
  s.looked_at := greatest(s.looked_at, now_ms);
  update schedule x set version = s.version, cron = s.cron, tz = s.tz, overlap = s.overlap, missed = s.missed, since = s.since,
         revision = s.revision, done_until = s.done_until, looked_at = s.looked_at where x.name = s.name;
  return s;
end $$;

-- Deals with the ticks up to `p_until`, if the schedule is as far as `p_from`: ok, moved or early. Its row is locked before all
-- that admission locks, and by nobody who holds any of it.
create or replace function midwatch.tick(
  p_name text, p_revision bigint, p_from bigint, p_until bigint, p_skipped bigint, ats bigint[], heads jsonb[], bodies text[],
  out code text, out runs text[], out skipped bigint
)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  s schedule;
  made record;
  i int;
begin
  perform assert_isolation();
  runs := '{}';
  skipped := 0;
  select * into s from schedule x where x.name = p_name for no key update;
  code := case
    when not found or s.revision <> p_revision or s.done_until <> p_from then 'moved'
    when p_until > clock_ms() then 'early'
    else 'ok' end;
  if code <> 'ok' then return; end if;
  skipped := p_skipped;
  for i in 1..cardinality(ats) loop
    if s.overlap = 'skip' and exists (select from session c where c.tenant = heads[i] ->> 'tenant'
        and c.session = heads[i] ->> 'session' and c.active is not null) then
      skipped := skipped + 1;
    else
      select * into made from admit(heads[i], bodies[i]);
      if made.code in ('ok', 'existing') then
        runs := runs || made.run_id;
        s.last_tick := ats[i]; s.last_run := made.run_id;
      else
        skipped := skipped + 1;
      end if;
    end if;
  end loop;
  update schedule x set done_until = p_until, last_tick = s.last_tick, last_run = s.last_run,
         ran = x.ran + cardinality(tick.runs), skipped = x.skipped + tick.skipped where x.name = p_name;
end $$;
