-- What a session says to a message that was not accepted before: why it is refused, null when it is taken. The session's row is
-- locked by the caller.
create or replace function midwatch.refused_by_session(place midwatch.session, head jsonb, out code text, out run_id text)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  sequence constant bigint := (head ->> 'sequence')::bigint;
  taken text;
begin
  run_id := head ->> 'runId';
  if place.opened = 0 then return; end if;
  if place.closed_at is not null then
    code := 'closed';
    perform leave_notice('closed', place.tenant, null, '{"by":' || to_json(place.closed_by)
      || coalesce(',"key":' || to_json(head ->> 'key'), '') || ',"session":' || to_json(place.session) || '}', clock_ms());
    return;
  end if;
  if place.sequenced <> (sequence is not null) then
    code := case when place.sequenced then 'sequenced' else 'unsequenced' end;
    return;
  end if;
  if sequence is not null then
    select g.run_id into taken from run g
     where g.tenant = place.tenant and g.session = place.session and g.session_no = sequence;
    if found then code := 'sequence_taken'; run_id := taken; return; end if;
    if sequence <= place.turn_no then code := 'sequence_passed'; return; end if;
  end if;
  if place.active is not null and head ->> 'whileBusy' = 'refuse' and not asks_back(place, head) then
    code := 'busy'; run_id := place.active;
  end if;
end $$;

-- Whether the active run waits for its requester, who is heard whatever else a message would do. Its row is then locked, for
-- it must still wait when the message is posted.
create or replace function midwatch.asks_back(place midwatch.session, head jsonb) returns boolean
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  r run;
begin
  if place.active is null or head ->> 'whileBusy' = 'replace' then return false; end if;
  select * into r from run g where g.run_id = place.active;
  if r.agent <> head ->> 'agent' or coalesce(r.waits, '') not like 'requester%' then return false; end if;
  select * into r from run g where g.run_id = place.active for no key update;
  return coalesce(r.waits, '') like 'requester%';
end $$;

-- Writes down that a message was accepted: it opens its session, anew when that was idle for too long, and has the turn, or
-- waits behind what is before it. `turn` says whether it has the turn.
create or replace function midwatch.join_session(place midwatch.session, head jsonb, p_no bigint, turn boolean, p_at bigint)
returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  opens constant boolean := place.opened = 0
    or place.active is null and place.gap_due_at is null and p_at >= place.last_at + place.idle_ms;
begin
  update session s set last_no = greatest(s.last_no, p_no), last_at = p_at,
         active = case when turn then head ->> 'runId' else s.active end,
         turn_no = case when turn then p_no else s.turn_no end,
         gap_due_at = case when turn then null else s.gap_due_at end,
         sequenced = head ->> 'sequence' is not null,
         gap_ms = coalesce((head ->> 'gapMs')::bigint, s.gap_ms),
         opened = case when opens then s.opened + 1 else s.opened end,
         opened_at = case when opens then p_at else s.opened_at end,
         idle_ms = case when opens then (head ->> 'idleMs')::bigint else s.idle_ms end,
         state_version = case when opens then null else s.state_version end,
         state_text = case when opens then null else s.state_text end
   where s.tenant = place.tenant and s.session = place.session;
  if place.active is not null then perform meet_active(place, head, p_no, p_at);
  elsif not turn then perform next_of_session(place.tenant, place.session, '{}', p_at); end if;
end $$;

-- A message meets the active run of its agent: it is told of it, or ended for it, or nothing.
create or replace function midwatch.meet_active(place midwatch.session, head jsonb, p_no bigint, p_at bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  policy constant text := coalesce(head ->> 'whileBusy', 'queue');
  set_by constant text := 'message:' || coalesce(head ->> 'key', head ->> 'runId');
  r run;
  body text;
  before text[];
begin
  select * into r from run g where g.run_id = place.active;
  if r.agent <> head ->> 'agent' then return; end if;
  if policy = 'replace' then
    before := array(
      select g.run_id from run g
       where g.tenant = place.tenant and g.session = place.session and g.session_no > place.turn_no and g.session_no < p_no
         and g.agent = r.agent and g.state <> 'ended') || place.active;
    perform 1 from run g where g.run_id = any(before) order by g.run_id for no key update;
    for r in select * from run g where g.run_id = any(before) and g.state <> 'ended' order by g.session_no loop
      perform move_switch('run:' || r.run_id, 'end', true, set_by, 'replaced by a later message');
      if r.run_id = place.active then perform make_due(r, p_at); end if;
    end loop;
    return;
  end if;
  if policy <> 'steer' and not asks_back(place, head) then return; end if;
  select * into r from run g where g.run_id = place.active for no key update;
  -- Whoever came before and waits still is told of first: it has to be taken in before this one.
  for body in
    select '{"run":' || to_json(g.run_id) || '}' from run g
     where g.tenant = place.tenant and g.session = place.session and g.session_no between place.turn_no + 1 and p_no
       and g.state = 'queued' and g.agent = r.agent
       and not exists (select from mail m where m.run_id = r.run_id and m.kind = 'message'
         and m.body = '{"run":' || to_json(g.run_id) || '}')
     order by g.session_no
  loop
    perform post(r, 'message', body, p_at);
    r.mail_head := r.mail_head + 1;
  end loop;
  perform pg_notify('midwatch_wake', 'mail:' || r.run_id);
end $$;

-- Judges and writes down which messages a note takes in, on the batch's runs in memory, all of which are locked: the next of the
-- session, of the same agent, in the order of their numbers, none missing between, none under a switch. One that another run
-- called ends by itself: its parent must hear of it.
create or replace function midwatch.take_in(
  r midwatch.run, absorbs text[], sw_scope text[], sw_mode text[], at bigint, epoch bigint,
  inout runs midwatch.run[], out code text, out extra text, out taken int[])
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_variable
declare
  place session;
  one run;
  no bigint := 0;
  x int;
  digest constant text := sha256_hex('{}');
  facts text;
begin
  code := 'not_open'; extra := ''; taken := '{}';
  select * into place from session s where s.tenant = r.tenant and s.session = r.session;
  if place.active is distinct from r.run_id then return; end if;
  for i in 1..cardinality(absorbs) loop
    x := null;
    for y in 1..cardinality(runs) loop if (runs[y]).run_id = absorbs[i] then x := y; end if; end loop;
    one := runs[x];
    if x is null or one.tenant <> r.tenant or one.session is distinct from r.session or one.agent <> r.agent
       or one.state <> 'queued' or one.parent is not null or one.session_no <= no then return; end if;
    no := one.session_no;
    taken := taken || x;
  end loop;
  -- Nobody else waits before the last of them.
  for y in 1..cardinality(runs) loop
    one := runs[y];
    if one.tenant = r.tenant and one.session = r.session and one.session_no > place.turn_no and one.session_no < no
       and one.state <> 'ended' and one.worked_by is null and not y = any(taken) and one.run_id <> r.run_id then return; end if;
  end loop;
  if exists (select from run g where g.tenant = r.tenant and g.session = r.session and g.session_no > place.turn_no
       and g.session_no < no and g.state <> 'ended' and g.worked_by is null
       and not exists (select from unnest(runs) h where h.run_id = g.run_id))
     or lacks_before(place, no) then return; end if;
  foreach x in array taken loop
    for y in 1..coalesce(cardinality(sw_scope), 0) loop
      if sw_scope[y] = any(scopes_of(runs[x])) then
        code := 'switched'; extra := ',"scope":' || to_json(sw_scope[y]) || ',"mode":"' || sw_mode[y] || '"';
        return;
      end if;
    end loop;
  end loop;

  code := 'ok';
  foreach x in array taken loop
    one := runs[x];
    one.state := 'waiting'; one.waits := 'worked_by:' || r.run_id; one.worked_by := r.run_id; one.due_at := null;
    one.head_seq := one.head_seq + 1;
    facts := '{"mailSeen":' || one.mail_seen || ',"dueAt":null,"workedBy":' || to_json(r.run_id) || '}';
    one.head_hash := entry_hash(one.head_hash, one.run_id, one.head_seq, 'park', one.fence, at, epoch, null, facts, digest);
    insert into entry (run_id, seq, kind, fence, at, epoch, facts, body, salt, digest, hash)
      values (one.run_id, one.head_seq, 'park', one.fence, at, epoch, facts, '{}', '', decode(digest, 'hex'),
        decode(one.head_hash, 'hex'));
    runs[x] := one;
  end loop;
  update session s set turn_no = no where s.tenant = r.tenant and s.session = r.session;
end $$;

-- The end of a run is that of the messages that it took in: one outcome, one body, each in its own chain. A run that another one
-- goes on from hands them on to that one.
create or replace function midwatch.end_taken_in(
  r midwatch.run, heir text, body text, salt text, digest text, at bigint, epoch bigint, inout runs midwatch.run[], out taken int[])
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_variable
declare
  one run;
  facts text;
begin
  taken := '{}';
  for x in 1..cardinality(runs) loop
    one := runs[x];
    continue when one.worked_by is distinct from r.run_id or one.state = 'ended';
    taken := taken || x;
    if heir is not null then
      one.worked_by := heir; one.waits := 'worked_by:' || heir; runs[x] := one;
      continue;
    end if;
    one.state := 'ended'; one.waits := null; one.outcome := r.outcome; one.detail := r.detail; one.owner := r.owner; one.ended_at := at;
    one.head_seq := one.head_seq + 1;
    facts := '{"outcome":"' || r.outcome || '","mailSeen":' || one.mail_seen || ',"dueAt":null,"workedBy":'
      || to_json(r.run_id) || '}';
    one.head_hash := entry_hash(one.head_hash, one.run_id, one.head_seq, 'end', one.fence, at, epoch, null, facts, digest);
    insert into entry (run_id, seq, kind, fence, at, epoch, facts, body, salt, digest, hash)
      values (one.run_id, one.head_seq, 'end', one.fence, at, epoch, facts, end_taken_in.body, end_taken_in.salt,
        decode(end_taken_in.digest, 'hex'), decode(one.head_hash, 'hex'));
    perform pg_notify('midwatch_wake', 'ended:' || one.run_id);
    runs[x] := one;
  end loop;
end $$;

-- Gives up the numbers that sessions have waited for long enough, at most p_limit sessions. A message that came meanwhile took
-- the session's row first: what is locked here is looked at anew.
create or replace function midwatch.pass_gaps(p_limit int) returns int
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  place session;
  next run;
  missing bigint[];
  now_ms bigint;
  passed int := 0;
begin
  perform assert_isolation();
  now_ms := clock_ms();
  for place in
    select * from session s where s.gap_due_at <= now_ms
     order by s.gap_due_at, s.tenant, s.session limit p_limit for no key update skip locked
  loop
    passed := passed + 1;
    select * into next from run g
     where g.tenant = place.tenant and g.session = place.session and g.session_no > place.turn_no and g.state <> 'ended'
     order by g.session_no limit 1 for no key update;
    if not found then
      update session s set gap_due_at = null where s.tenant = place.tenant and s.session = place.session;
      continue;
    end if;
    missing := gap_before(place, next.session_no);
    update session s set active = next.run_id, turn_no = next.session_no, gap_due_at = null, last_at = now_ms
     where s.tenant = place.tenant and s.session = place.session;
    update run g set gap = missing, due_at = case when g.state = 'queued' and g.behind is not true then now_ms else g.due_at end
     where g.run_id = next.run_id;
    if next.state = 'queued' and next.behind is not true then perform pg_notify('midwatch_wake', 'due:' || next.queue); end if;
    if missing is not null then
      perform leave_notice('gap', next.tenant, next.run_id, '{"from":' || missing[1] || ',"session":' || to_json(next.session)
        || ',"to":' || missing[2] || '}', now_ms);
    end if;
  end loop;
  return passed;
end $$;

-- Closes a session, or opens it again: ok, unknown or unchanged.
create or replace function midwatch.close_session(p_tenant text, p_session text, p_closes boolean, p_by text, p_reason text)
returns text
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  place session;
  now_ms bigint;
begin
  perform assert_isolation();
  select * into place from session s where s.tenant = p_tenant and s.session = p_session for no key update;
  if not found or place.opened = 0 then return 'unknown'; end if;
  if (place.closed_at is not null) = p_closes then return 'unchanged'; end if;
  now_ms := clock_ms();
  update session s set closed_at = case when p_closes then now_ms end, closed_by = case when p_closes then p_by end,
         closed_reason = case when p_closes then p_reason end,
         -- It was not idle while it could take nothing.
         last_at = case when p_closes then s.last_at else now_ms end
   where s.tenant = p_tenant and s.session = p_session;
  return 'ok';
end $$;

-- Only the active run writes its session's state.
create or replace function midwatch.may_write_state(r midwatch.run) returns boolean
language sql stable
as $$
  select exists (select from midwatch.session s where s.tenant = r.tenant and s.session = r.session and s.active = r.run_id)
$$;

-- Whether it is the run's turn in its session; without one it always is.
create or replace function midwatch.has_turn(r midwatch.run) returns boolean
language sql stable
as $$
  select r.session is null or midwatch.may_write_state(r)
$$;

-- Writes it; answers what the entry's facts say of it.
create or replace function midwatch.write_state(r midwatch.run, p_version bigint, p_text text) returns text
language plpgsql
set search_path to midwatch, pg_temp
as $$
begin
  update session s set state_version = p_version, state_text = p_text where s.tenant = r.tenant and s.session = r.session;
  return '"state":{"version":' || p_version || ',"digest":"' || sha256_hex(p_text) || '"}';
end $$;

-- One more fact behind those that there are.
create or replace function midwatch.with_fact(facts text, fact text) returns text
language sql immutable
as $$
  select case facts when '{}' then '{' else substr(facts, 1, length(facts) - 1) || ',' end || fact || '}'
$$;
