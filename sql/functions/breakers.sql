-- Moves a breaker as it was seen at p_revision (0 and absent: closed) and keeps the move; false when it was moved meanwhile.
create or replace function midwatch.move_breaker(
  p_key text, p_revision bigint, p_state text, p_until bigint, p_probes int, p_most int, p_opened int, p_by text, p_reason text,
  p_at bigint) returns boolean
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  b breaker;
begin
  insert into breaker (key, at) values (p_key, p_at) on conflict do nothing;
  select * into b from breaker k where k.key = p_key for no key update;
  if b.revision <> p_revision then return false; end if;
  update breaker k set state = p_state, at = p_at, revision = b.revision + 1, until = p_until, probes = p_probes,
         probes_most = coalesce(p_most, b.probes_most), opened = coalesce(p_opened, b.opened), set_by = p_by, reason = p_reason
   where k.key = p_key;
  insert into breaker_move (key, revision, was, state, at, set_by, reason)
    values (p_key, b.revision + 1, b.state, p_state, p_at, p_by, p_reason);
  perform pg_notify('midwatch_wake', 'breaker:' || p_key);
  return true;
end $$;

-- The fleet's calls open or close one, where it still is as it was seen and there is such a move.
create or replace function midwatch.decide_breaker(
  p_key text, p_revision bigint, p_to text, p_cool_down_ms bigint, p_most int, p_opened int, p_reason text) returns boolean
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  at constant bigint := clock_ms();
  was constant text := coalesce((select k.state from breaker k where k.key = p_key), 'closed');
  moved boolean;
begin
  perform assert_isolation();
  if not (p_to = 'open' and was in ('closed', 'half_open') or p_to = 'closed' and was = 'half_open') then return false; end if;
  moved := move_breaker(p_key, p_revision, p_to, case p_to when 'open' then at + p_cool_down_ms end, 0, p_most, p_opened, 'fleet',
    p_reason, at);
  if moved and was = 'closed' then
    perform leave_notice('breaker', null, null, '{"key":' || to_json(p_key) || ',"reason":' || to_json(p_reason) || ',"state":"open"}', at);
  end if;
  return moved;
end $$;

-- By hand. The fleet's switch scope is taken for it: what was begun before has committed, what comes after sees it.
create or replace function midwatch.isolate_breaker(p_key text, p_by text, p_reason text) returns boolean
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  at bigint;
  b breaker;
begin
  perform assert_isolation();
  perform take_scope('fleet');
  select * into b from breaker k where k.key = p_key for no key update;
  if b.state = 'isolated' then return false; end if;
  at := clock_ms();
  if not move_breaker(p_key, coalesce(b.revision, 0), 'isolated', null, 0, null, null, p_by, p_reason, at) then
    raise serialization_failure;
  end if;
  perform leave_notice('breaker', null, null, '{"by":' || to_json(p_by) || ',"key":' || to_json(p_key)
    || coalesce(',"reason":' || to_json(p_reason), '') || ',"state":"isolated"}', at);
  return true;
end $$;

-- Probes may begin at once, from isolation or before a cool-down is over.
create or replace function midwatch.release_breaker(p_key text, p_by text, out at bigint, out released boolean)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  b breaker;
begin
  perform assert_isolation();
  select * into b from breaker k where k.key = p_key for no key update;
  at := clock_ms();
  released := coalesce(b.state in ('isolated', 'open'), false);
  if not released then return; end if;
  perform move_breaker(p_key, b.revision, 'half_open', release_breaker.at, b.probes_most, null, null, p_by, null, release_breaker.at);
  perform leave_notice('breaker', null, null,
    '{"by":' || to_json(p_by) || ',"key":' || to_json(p_key) || ',"state":"half_open"}', release_breaker.at);
end $$;

-- Keeps what one worker's calls came to, and answers with what the others told lately. No row is written by two.
create or replace function midwatch.tell_tally(
  p_worker_id bigint, p_told text, p_within_ms bigint, out at bigint, out others text[])
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  now_ms constant bigint := clock_ms();
begin
  update tally t set at = now_ms, told = p_told where t.worker_id = p_worker_id;
  if not found then
    delete from tally t where t.at < now_ms - 3600000;
    insert into tally (worker_id, at, told) values (p_worker_id, now_ms, p_told)
      on conflict (worker_id) do update set at = excluded.at, told = excluded.told;
  end if;
  at := now_ms;
  others := array(select t.told from tally t where t.worker_id <> p_worker_id and t.at > now_ms - p_within_ms order by t.worker_id);
end $$;

-- Makes up to p_limit runs due that wait for a breaker, spread over p_jitter_ms from p_at; only ids above p_after. Answers the last
-- id, or null when there was none.
create or replace function midwatch.let_through(p_key text, p_at bigint, p_jitter_ms bigint, p_after text, p_limit int)
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
       and strpos(g.waits, 'breaker:' || p_key) > 0
     order by g.run_id limit p_limit for no key update
  loop
    last_id := r.run_id;
    due := p_at + floor(random() * p_jitter_ms)::bigint;
    update run g set due_at = least(due, g.due_at) where g.run_id = r.run_id;
    if due <= p_at then perform pg_notify('midwatch_wake', 'due:' || r.queue); end if;
  end loop;
  return last_id;
end $$;
