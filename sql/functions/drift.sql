-- Two tallies as one: what has the same name is added.
create or replace function midwatch.tally_sum(a jsonb, b jsonb) returns jsonb
language sql immutable
set search_path to midwatch, pg_temp
as $$
  select coalesce(jsonb_object_agg(t.name, t.total), '{}')
    from (select e.key as name, sum(e.value::float8) as total
            from (select * from jsonb_each_text(a) union all select * from jsonb_each_text(b)) e group by e.key) t
$$;

-- Adds to points what these runs come to, if none of them is folded: ok or moved. Their rows are locked before any point.
create or replace function midwatch.fold(p_runs text[], p_points jsonb, p_releases jsonb) returns text
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  held int;
begin
  perform assert_isolation();
  perform 1 from run g where g.run_id = any(p_runs) and g.state = 'ended' and not g.folded and g.pruned_at is null
    order by g.run_id for no key update;
  get diagnostics held = row_count;
  if held <> cardinality(p_runs) then return 'moved'; end if;
  update run g set folded = true where g.run_id = any(p_runs);
  insert into drift_point as d (agent, span, at, version, tally)
    select x.agent, x.span, x.at, x.version, x.tally
      from jsonb_to_recordset(p_points) x(agent text, span text, at bigint, version bigint, tally jsonb)
     order by x.agent collate "C", x.span, x.at, x.version
  on conflict (agent, span, at, version) do update set tally = tally_sum(d.tally, excluded.tally);
  insert into drift_release as d (agent, version, at)
    select x.agent, x.version, x.at from jsonb_to_recordset(p_releases) x(agent text, version bigint, at bigint)
     order by x.agent collate "C", x.version
  on conflict (agent, version) do update set at = excluded.at where excluded.at < d.at;
  return 'ok';
end $$;

-- Takes the points of a day away, and its runs are to be folded anew; pruned: a journal of it is gone, and nothing is done.
create or replace function midwatch.refold(p_day bigint, out code text, out runs int)
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  until constant bigint := p_day + 86400000;
  counted bigint;
begin
  perform assert_isolation();
  perform 1 from run g where g.ended_at >= p_day and g.ended_at < until and g.pruned_at is null order by g.run_id for no key update;
  select coalesce(sum((d.tally ->> 'folded')::float8), 0) into counted from drift_point d where d.span = 'day' and d.at = p_day;
  runs := (select count(*) from run g where g.ended_at >= p_day and g.ended_at < until and g.pruned_at is null and g.folded);
  code := case when runs < counted then 'pruned' else 'ok' end;
  if code = 'pruned' then
    runs := 0;
    return;
  end if;
  update run g set folded = false where g.ended_at >= p_day and g.ended_at < until and g.pruned_at is null and g.folded;
  delete from drift_point d where d.span = 'day' and d.at = p_day;
  delete from drift_point d where d.span = 'hour' and d.at >= p_day and d.at < until;
end $$;

-- Writes an alarm down and leaves a notice: ok, or known where one like it is near.
create or replace function midwatch.drift_alarm(
  p_agent text, p_measure text, p_direction text, p_day bigint, p_body text, p_within_ms bigint
) returns text
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  now_ms bigint;
begin
  perform assert_isolation();
  perform pg_advisory_xact_lock(19802, hashtext(p_agent));
  if exists (select from drift_alarm a where a.agent = p_agent and a.measure = p_measure and a.direction = p_direction
      and abs(a.day - p_day) <= p_within_ms) then return 'known'; end if;
  now_ms := clock_ms();
  insert into drift_alarm (agent, measure, direction, day, body, at)
    values (p_agent, p_measure, p_direction, p_day, p_body, now_ms);
  perform leave_notice('alarm', null, null, p_body, now_ms);
  return 'ok';
end $$;

-- A tripwire trips once: what it engages, its row and its notice are one transaction. ok, standing, or early where what it was
-- judged by began before it was last released. It never loosens: neither a switch that is engaged nor a lower ceiling.
create or replace function midwatch.trip(p_agent text, p_wire text, p_act text, p_evidence text, p_since bigint) returns text
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  of_agent constant text := 'agent:' || p_agent;
  said constant text := 'tripwire:' || p_wire;
  act constant jsonb := p_act::jsonb;
  kind constant text := act ->> 'kind';
  now_ms bigint;
begin
  perform assert_isolation();
  -- What is seen again and again while it stands must not take the switch's lock each time.
  if exists (select from drift_trip t where t.agent = p_agent and t.wire = p_wire and t.released_at is null) then
    return 'standing';
  end if;
  if p_since < (select max(t.released_at) from drift_trip t where t.agent = p_agent and t.wire = p_wire) then return 'early'; end if;
  if kind in ('hold', 'end') then perform take_scope(of_agent); end if;
  if p_since < (select max(t.released_at) from drift_trip t where t.agent = p_agent and t.wire = p_wire) then return 'early'; end if;
  now_ms := clock_ms();
  insert into drift_trip (agent, wire, scope, act, evidence, at) values (p_agent, p_wire, of_agent, p_act, p_evidence, now_ms)
    on conflict (agent, wire) where released_at is null do nothing;
  if not found then return 'standing'; end if;
  if kind in ('hold', 'end') and not exists (
      select from switch s where s.scope = of_agent and s.engaged and (s.mode = 'end' or kind = 'hold')) then
    perform move_switch(of_agent, kind, true, said, p_evidence);
  elsif kind = 'ceilings' then
    insert into ceiling as c (scope, meter, per, max, set_by, at)
      select of_agent, x.meter, x.per, x."limit", said, now_ms
        from jsonb_to_recordset(act -> 'limits') x(meter text, per text, "limit" bigint) order by x.meter, x.per
    on conflict (scope, meter, per) do update set max = excluded.max, set_by = excluded.set_by, at = excluded.at
      where excluded.max < c.max;
  end if;
  perform leave_notice('tripwire', null, null, '{"act":' || p_act || ',"agent":' || to_json(p_agent) || ',"evidence":' || p_evidence
    || ',"wire":' || to_json(p_wire) || '}', now_ms);
  return 'ok';
end $$;

-- A person released what tripwires of a scope engaged: they may trip again. `p_kinds`: which of their acts it was.
create or replace function midwatch.release_trips(p_scope text, p_kinds text[], p_meter text, p_per text, p_by text) returns int
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  released int;
begin
  update drift_trip t set released_at = clock_ms(), released_by = p_by
   where t.scope = p_scope and t.released_at is null and t.act::jsonb ->> 'kind' = any(p_kinds)
     and (p_meter is null or t.act::jsonb -> 'limits' @> jsonb_build_array(jsonb_build_object('meter', p_meter, 'per', p_per)));
  get diagnostics released = row_count;
  return released;
end $$;
