-- The lines that an admission stands in and that have a bound: its own, or that of every one of its kind. In the order of locks.
-- What belongs to runs that were accepted stands in none.
create or replace function midwatch.bounds_on(head jsonb) returns midwatch.bound_on[]
language plpgsql stable
set search_path to midwatch, pg_temp
as $$
declare
  kinds constant text[] := '{agent,queue,tenant}';
  kind text;
  found_max int;
  lines bound_on[] := '{}';
begin
  if head #>> '{parent,runId}' is not null or head ->> 'owed' = 'true' then return lines; end if;
  foreach kind in array kinds loop
    select q.max into found_max from queue_bound q where q.scope in (kind || ':' || (head ->> kind), kind || ':*')
     order by q.scope = kind || ':*' limit 1;
    if found then lines := lines || row(kind, head ->> kind, kind || ':' || (head ->> kind), found_max)::bound_on; end if;
  end loop;
  return lines;
end $$;

-- Locks lines, in one order: nobody else has a place in them until this transaction is over.
create or replace function midwatch.lock_lines(scopes text[]) returns void
language plpgsql
set search_path to midwatch, pg_temp
set enable_seqscan to off
as $$
declare
  one text;
begin
  foreach one in array array(select distinct u collate "C" from unnest(scopes) u order by 1) loop
    perform 1 from queue_line q where q.scope = one for no key update;
    if not found then
      insert into queue_line (scope) values (one) on conflict do nothing;
      perform 1 from queue_line q where q.scope = one for no key update;
    end if;
  end loop;
end $$;

-- How many wait to begin in a line, at most `p_most`; of one tenant and from a priority on, where these are given.
create or replace function midwatch.depth_of(p_kind text, p_name text, p_most bigint, p_tenant text default null, p_from smallint default 0)
returns bigint
language plpgsql stable
set search_path to midwatch, pg_temp
set enable_seqscan to off
set enable_bitmapscan to off
set plan_cache_mode to force_generic_plan
as $$
begin
  if p_tenant is not null then
    return (select count(*) from (select from run g where g.tenant = p_tenant and g.priority >= p_from and g.in_line and g.worked_by is null
      and case p_kind when 'agent' then g.agent when 'queue' then g.queue else g.tenant end = p_name limit p_most) c);
  end if;
  return case p_kind
    when 'agent' then (select count(*) from (select from run g where g.agent = p_name and g.in_line and g.worked_by is null limit p_most) c)
    when 'queue' then (select count(*) from (select from run g where g.queue = p_name and g.in_line and g.worked_by is null limit p_most) c)
    else (select count(*) from (select from run g where g.tenant = p_name and g.in_line and g.worked_by is null limit p_most) c) end;
end $$;

-- Runs that began in 1,000 seconds, between two moments; null where the line may have been empty in between, or nothing began:
-- that says how little came, not how much can be done.
create or replace function midwatch.begin_rate(p_depth bigint, p_begun bigint, p_ms bigint) returns bigint
language sql immutable
as $$
  select case when p_begun > 0 and p_depth > p_begun and p_ms > 0 then p_begun * 1000000 / p_ms end
$$;

-- When to ask again: when a tenth of the line will have begun, if that is known.
create or replace function midwatch.retry_after_ms(p_depth bigint, p_rate bigint) returns bigint
language sql immutable
as $$
  select case when p_rate is null or p_rate = 0 then 5000 else least(60000, greatest(1000, p_depth * 100000 / p_rate)) end
$$;

-- Counts a line that is locked, when it is not known to have room, or was last counted a while ago. Places are given away without
-- counting while some are known to be free; a line that was found full says so for up to a hundredth of its length, in ms.
create or replace function midwatch.counted(l midwatch.queue_line, p_kind text, p_name text, p_max int, p_at bigint)
returns midwatch.queue_line
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  mark_ms constant bigint := 5000;
  is_marked constant boolean := l.mark_at is not null and p_at < l.mark_at + mark_ms;
  depth bigint;
  found_rate bigint;
begin
  if is_marked and (l.room between 1 and p_max or l.room <= 0 and p_at < l.full_until) then return l; end if;
  depth := depth_of(p_kind, p_name, p_max + 1);
  l.room := p_max - depth;
  l.full_until := case when l.room <= 0 then p_at + p_max / 100 else 0 end;
  if not is_marked then
    found_rate := begin_rate(l.mark_depth, l.admitted - l.mark_admitted - (l.shed - l.mark_shed) - (depth - l.mark_depth), p_at - l.mark_at);
    if found_rate is not null then l.rate := found_rate; l.rate_at := p_at; end if;
    l.mark_at := p_at; l.mark_depth := depth; l.mark_admitted := l.admitted; l.mark_shed := l.shed;
  end if;
  return l;
end $$;

-- The youngest of the least urgent that may be shed to make room, less urgent than `p_below`; it is locked then. In the order of
-- the line's own index: by id alone the planner would walk all runs from the newest.
create or replace function midwatch.to_shed(p_kind text, p_name text, p_below smallint) returns text
language plpgsql
set search_path to midwatch, pg_temp
set enable_seqscan to off
set enable_sort to off
as $$
declare
  victim text;
begin
  if p_kind = 'agent' then
    select g.run_id into victim from run g where g.agent = p_name and g.sheds and g.priority < p_below and g.in_line and g.worked_by is null
     order by g.priority, g.run_id desc limit 1 for no key update skip locked;
  elsif p_kind = 'queue' then
    select g.run_id into victim from run g where g.queue = p_name and g.sheds and g.priority < p_below and g.in_line and g.worked_by is null
     order by g.priority, g.run_id desc limit 1 for no key update skip locked;
  else
    select g.run_id into victim from run g where g.tenant = p_name and g.sheds and g.priority < p_below and g.in_line and g.worked_by is null
     order by g.priority, g.run_id desc limit 1 for no key update skip locked;
  end if;
  return victim;
end $$;

-- Whether there is room for one more in each of its lines, which are locked: if not `overload` says where and why; if somebody
-- less urgent has to go for it, `victims` are these, a run for each line that is full.
create or replace function midwatch.room_for(head jsonb, lines midwatch.bound_on[], p_at bigint, out overload text, out victims text[])
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  rate_ms constant bigint := 60000;
  level constant smallint := coalesce((head ->> 'priority')::smallint, 1);
  b bound_on;
  l queue_line;
  can_begin bigint;
  victim text;
begin
  victims := '{}';
  foreach b in array lines loop
    select * into l from queue_line q where q.scope = b.scope;
    l := counted(l, b.kind, b.name, b.max, p_at);
    update queue_line q set room = l.room, full_until = l.full_until, mark_at = l.mark_at, mark_depth = l.mark_depth,
           mark_admitted = l.mark_admitted, mark_shed = l.mark_shed, rate = l.rate, rate_at = l.rate_at
     where q.scope = b.scope and q is distinct from l;
    if l.rate_at is null or p_at >= l.rate_at + rate_ms then l.rate := null; end if;
    can_begin := l.rate * (head ->> 'deadlineMs')::bigint / 1000000;
    -- One by one: where no rate is known nothing is counted.
    if (case when b.max - l.room > can_begin then depth_of(b.kind, b.name, can_begin + 1, head ->> 'tenant', level) > can_begin end) then
      overload := overload_text(b.scope, 'late', retry_after_ms(b.max - l.room, l.rate));
    elsif l.room <= 0 then
      victim := null;
      if cardinality(victims) = 0 or not exists (select from run g where g.run_id = any(victims)
          and case b.kind when 'agent' then g.agent when 'queue' then g.queue else g.tenant end = b.name) then
        victim := to_shed(b.kind, b.name, level);
        if victim is null then overload := overload_text(b.scope, 'full', retry_after_ms(b.max - l.room, l.rate)); end if;
      end if;
      if victim is not null then victims := victims || victim; end if;
    end if;
    if overload is not null then
      update queue_line q set refused = q.refused + (overload::json ->> 'why' = 'full')::int, late = q.late + (overload::json ->> 'why' = 'late')::int
       where q.scope = b.scope;
      perform tell_overload(b.scope, b.kind, b.name, b.max, p_at);
      return;
    end if;
  end loop;
end $$;

create or replace function midwatch.overload_text(p_scope text, p_why text, p_retry_ms bigint) returns text
language sql immutable
as $$
  select '{"retryAfterMs":' || p_retry_ms || ',"scope":' || to_json(p_scope) || ',"why":' || to_json(p_why) || '}'
$$;

-- Somebody is told that a line turns work away or sheds it: once in a while, not for each.
create or replace function midwatch.tell_overload(p_scope text, p_kind text, p_name text, p_max int, p_at bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  told_ms constant bigint := 900000;
begin
  update queue_line q set told_at = p_at where q.scope = p_scope and (q.told_at is null or q.told_at <= p_at - told_ms);
  if found then
    perform leave_notice('overload', case when p_kind = 'tenant' then p_name end, null,
      '{"max":' || p_max || ',"scope":' || to_json(p_scope) || '}', p_at);
  end if;
end $$;

-- Takes the places of a run that was just admitted, and ends those that go for it.
create or replace function midwatch.take_places(p_run text, lines midwatch.bound_on[], victims text[], p_at bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  b bound_on;
  gone int := 0;
begin
  foreach b in array lines loop
    if cardinality(victims) > 0 then
      select count(*) into gone from run g where g.run_id = any(victims)
         and case b.kind when 'agent' then g.agent when 'queue' then g.queue else g.tenant end = b.name;
    end if;
    update queue_line q set admitted = q.admitted + 1, shed = q.shed + gone, room = q.room - 1 + gone where q.scope = b.scope;
    if gone > 0 then perform tell_overload(b.scope, b.kind, b.name, b.max, p_at); end if;
  end loop;
  perform shed(v, p_run, p_at) from unnest(victims) v;
end $$;

-- Ends a run that has not begun, and that is locked, as refused: another one, which is more urgent, has its place.
create or replace function midwatch.shed(p_run text, p_by text, p_at bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  r run;
  body constant text := '{"outcome":{"reason":"policy","rule":"overloaded","say":"What is more urgent took its place in a full queue; it had not begun.","status":"refused"}}';
  digest constant text := sha256_hex(body);
  facts text;
  hash text;
  now_epoch bigint;
begin
  select * into r from run g where g.run_id = p_run;
  select l.epoch into now_epoch from ledger l;
  facts := '{"outcome":"refused","mailSeen":' || r.mail_head || ',"dueAt":null,"shedFor":' || to_json(p_by) || '}';
  hash := entry_hash(r.head_hash, p_run, r.head_seq + 1, 'end', r.fence, p_at, now_epoch, null, facts, digest);
  insert into entry (run_id, seq, kind, fence, at, epoch, facts, body, salt, digest, hash)
    values (p_run, r.head_seq + 1, 'end', r.fence, p_at, now_epoch, facts, body, '', decode(digest, 'hex'), decode(hash, 'hex'));
  update run g set state = 'ended', outcome = 'refused', detail = 'policy', waits = null, due_at = null, ended_at = p_at, in_line = false,
         mail_seen = r.mail_head, head_seq = r.head_seq + 1, head_hash = hash where g.run_id = p_run;
  perform pg_notify('midwatch_wake', 'ended:' || p_run);
end $$;

-- Bounds what waits to begin in a line, or, with null, bounds it no more.
create or replace function midwatch.set_bound(p_scope text, p_max int, p_by text) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
begin
  perform assert_isolation();
  if p_max is null then
    delete from queue_bound q where q.scope = p_scope;
  else
    insert into queue_bound (scope, max, set_by, at) values (p_scope, p_max, p_by, clock_ms())
      on conflict (scope) do update set max = excluded.max, set_by = excluded.set_by, at = excluded.at;
  end if;
  -- What was known of its room was known of another bound.
  update queue_line q set room = 0, full_until = 0, mark_at = null, rate = null, rate_at = null
   where q.scope = p_scope or p_scope = split_part(q.scope, ':', 1) || ':*';
end $$;

-- Queues in which somebody waits, that a living worker serves, or that have a bound of their own: how many wait to begin (counted
-- to `p_most`), since when the first of them, and who serves it.
create or replace function midwatch.list_queues(p_most int, out queue text, out waiting bigint, out "oldestAt" bigint, out "servedBy" text[])
returns setof record
language plpgsql stable
set search_path to midwatch, pg_temp
set enable_seqscan to off
set enable_sort to off
as $$
#variable_conflict use_column
declare
  now_ms constant bigint := clock_ms();
  names text[] := '{}';
  next text := (select min(g.queue) from run g where g.in_line and g.worked_by is null);
begin
  while next is not null loop
    names := names || next;
    next := (select min(g.queue) from run g where g.queue > next and g.in_line and g.worked_by is null);
  end loop;
  return query
    select n.name, depth_of('queue', n.name, p_most),
           (select min(f.created_at) from generate_series(0, 2) v cross join unnest('{false,true}'::boolean[]) s(sheds)
             cross join lateral (select g.created_at from run g where g.queue = n.name and g.sheds = s.sheds and g.priority between v and v
               and g.in_line and g.worked_by is null order by g.priority desc, g.run_id limit 1) f),
           array(select distinct x.name collate "C" from worker x where x.lease_until > now_ms and n.name = any(x.queues) order by 1)
      from (select unnest(names) collate "C" as name
        union select unnest(x.queues) collate "C" from worker x where x.lease_until > now_ms
        union select substr(q.scope, 7) collate "C" from queue_bound q where q.scope like 'queue:%' and q.scope <> 'queue:*') n
     order by 1;
end $$;

-- Lines that have a bound and that somebody came to, and bounds that nobody came to yet; those that turned most away first.
create or replace function midwatch.list_lines(p_limit int, p_most int, out scope text, out max int, out by text, out at bigint,
  out waiting bigint, out refused bigint, out late bigint, out shed bigint, out rate bigint) returns setof record
language sql stable
set search_path to midwatch, pg_temp
as $$
  select n.scope, b.max, b.set_by, b.at, depth_of(split_part(n.scope, ':', 1), substr(n.scope, strpos(n.scope, ':') + 1), p_most),
         coalesce(l.refused, 0), coalesce(l.late, 0), coalesce(l.shed, 0), case when l.rate_at > clock_ms() - 60000 then l.rate end
    from (select q.scope from queue_line q union select q.scope from queue_bound q) n
    left join queue_line l on l.scope = n.scope
   cross join lateral (select q.* from queue_bound q where q.scope in (n.scope, split_part(n.scope, ':', 1) || ':*')
     order by q.scope = n.scope desc limit 1) b
   order by coalesce(l.refused, 0) + coalesce(l.late, 0) + coalesce(l.shed, 0) desc, n.scope collate "C" limit p_limit
$$;
