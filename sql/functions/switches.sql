-- Takes a switch scope for itself: what was granted under it before has committed, what comes after waits and sees the switch.
create or replace function midwatch.take_scope(p_scope text) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  kind constant text := split_part(p_scope, ':', 1);
  named constant text := substr(p_scope, length(kind) + 2);
begin
  if kind = 'tenant' then
    perform pg_advisory_xact_lock(19800, hashtext(named));
  elsif kind = 'session' then
    perform 1 from session s where s.tenant || '/' || s.session = named order by s.tenant, s.session for no key update;
    perform 1 from run g where g.tenant || '/' || g.session = named and g.session is not null and (g.state <> 'ended' or g.worker_id is not null)
      order by g.run_id for no key update;
  elsif kind = 'run' then
    perform 1 from run g where g.run_id = named for no key update;
  else
    perform pg_advisory_xact_lock(19799, 0);
  end if;
end $$;

-- Writes a move of a switch under the next epoch.
create or replace function midwatch.move_switch(
  p_scope text, p_mode text, p_engaged boolean, p_by text, p_reason text, out epoch bigint, out at bigint
)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
begin
  update ledger l set epoch = l.epoch + 1 returning l.epoch into epoch;
  at := clock_ms();
  insert into switch_move (epoch, scope, mode, engaged, set_by, reason, at)
    values (move_switch.epoch, p_scope, p_mode, p_engaged, p_by, p_reason, move_switch.at);
  insert into switch (scope, mode, engaged, epoch, set_by, reason, at)
    values (p_scope, p_mode, p_engaged, move_switch.epoch, p_by, p_reason, move_switch.at)
  on conflict (scope) do update set mode = excluded.mode, engaged = excluded.engaged, epoch = excluded.epoch,
    set_by = excluded.set_by, reason = excluded.reason, at = excluded.at;
  perform pg_notify('midwatch_wake', 'switch:' || p_scope);
end $$;

create or replace function midwatch.engage(
  p_scope text, p_mode text, p_by text, p_reason text, out epoch bigint, out at bigint
)
language plpgsql
set search_path to midwatch, pg_temp
as $$
begin
  perform assert_isolation();
  perform take_scope(p_scope);
  select m.epoch, m.at into epoch, at from move_switch(p_scope, p_mode, true, p_by, p_reason) m;
  perform leave_notice('kill', null, null, '{"by":' || to_json(p_by) || ',"epoch":' || epoch || ',"mode":"' || p_mode || '"'
    || coalesce(',"reason":' || to_json(p_reason), '') || ',"scope":' || to_json(p_scope) || '}', at);
end $$;

create or replace function midwatch.release(p_scope text, p_by text, out epoch bigint, out at bigint, out released boolean)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  s switch;
begin
  perform assert_isolation();
  perform take_scope(p_scope);
  select * into s from switch x where x.scope = p_scope and x.engaged;
  released := found;
  if not released then
    epoch := (select l.epoch from ledger l);
    at := clock_ms();
    return;
  end if;
  select m.epoch, m.at into epoch, at from move_switch(p_scope, s.mode, false, p_by, s.reason) m;
  perform release_trips(p_scope, '{hold,end}', null, null, p_by);
  perform leave_notice('release', null, null,
    '{"by":' || to_json(p_by) || ',"epoch":' || release.epoch || ',"scope":' || to_json(p_scope) || '}', release.at);
end $$;

-- Makes up to p_limit waiting runs due that a released scope covered, spread over p_jitter_ms from p_at; only ids above
-- p_after, so that a caller walks through all of them. Answers the last id, or null when there was none.
create or replace function midwatch.let_go(p_scope text, p_at bigint, p_jitter_ms bigint, p_after text, p_limit int)
returns text
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  r run;
  last_id text;
  due bigint;
begin
  for r in
    select * from run g
     where g.run_id > p_after and g.ended_at is null and g.state = 'waiting' and g.worked_by is null
       and (p_scope = any(scopes_of(g)) or g.waits = 'switch:' || p_scope)
     order by g.run_id limit p_limit for no key update
  loop
    last_id := r.run_id;
    due := p_at + floor(random() * p_jitter_ms)::bigint;
    update run g set due_at = least(due, g.due_at) where g.run_id = r.run_id;
    if due <= p_at then perform pg_notify('midwatch_wake', 'due:' || r.queue); end if;
  end loop;
  return last_id;
end $$;

-- Makes up to p_limit waiting or queued runs due that an engaged `end` switch covers; those that are due already do not count,
-- and a run that is queued behind its session's active one, or behind others of its group, waits for its turn.
create or replace function midwatch.sweep_switched(p_limit int) returns int
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  r run;
  now_ms bigint := clock_ms();
  swept int := 0;
begin
  perform assert_isolation();
  if not exists (select from switch s where s.engaged and s.mode = 'end') then return 0; end if;
  for r in
    select * from run g
     where g.ended_at is null and g.state in ('waiting', 'queued') and g.due_at > now_ms
       and not (g.state = 'queued' and g.behind is true)
       and exists (select from switch s where s.engaged and s.mode = 'end' and s.scope = any(scopes_of(g)))
       and not (g.state = 'queued' and exists (select from session s
         where s.tenant = g.tenant and s.session = g.session and s.active is distinct from g.run_id))
     order by g.run_id limit p_limit for no key update skip locked
  loop
    update run g set due_at = now_ms where g.run_id = r.run_id;
    perform pg_notify('midwatch_wake', 'due:' || r.queue);
    swept := swept + 1;
  end loop;
  return swept;
end $$;
