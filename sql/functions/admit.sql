-- Writes a run and its first entry, once for its key (or its id, without one): ok, existing or conflict; overloaded where a bound
-- leaves no room, with the reason, and with those that were shed where that made some. A child is admitted by the holder of its
-- parent alone; one of a group waits until there is a place for it.
create or replace function midwatch.admit(head jsonb, body text, out code text, out run_id text, out overload text, out shed text[])
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  p_run constant text := head ->> 'runId';
  p_tenant constant text := head ->> 'tenant';
  p_agent constant text := head ->> 'agent';
  p_key constant text := head ->> 'key';
  p_session constant text := head ->> 'session';
  names constant text[] := array(select jsonb_array_elements_text(head -> 'meters'));
  none constant bigint[] := coalesce(array_fill(0::bigint, array[cardinality(names)]), '{}');
  p_parent constant text := head #>> '{parent,runId}';
  p_step constant text := head #>> '{parent,step}';
  p_fence constant bigint := (head #>> '{parent,fence}')::bigint;
  p_no constant int := case when p_parent is not null then (head #>> '{group,no}')::int end;
  mother run;
  asked constant boolean := p_parent is null and coalesce(head ->> 'owed', 'false') <> 'true';
  lines bound_on[];
  place_in child_group;
  behind boolean;
  place session;
  my_no bigint;
  my_turn boolean := true;
  lineage text;
  now_ms bigint;
  known record;
  digest text;
  hash text;
  pinned bigint;
  now_epoch bigint;
  facts text := '{}';
begin
  perform assert_isolation();
  if p_parent is not null then
    run_id := p_run;
    code := 'fenced';
    -- Looked at before anything is made; a fence only rises. Looked at again under the lock.
    if not exists (select from run g where g.run_id = p_parent and g.state = 'running' and g.fence = p_fence) then return; end if;
  end if;
  if asked and exists (select from queue_bound) then lines := bounds_on(head); end if;
  if cardinality(lines) > 0 then
    perform lock_lines(array(select b.scope from unnest(lines) b));
    -- What was accepted before is answered as ever, however full it is now.
    if known_id(p_run, p_tenant, p_agent, p_key) is null then
      now_ms := clock_ms();
      select r.overload, r.victims into overload, shed from room_for(head, lines, now_ms) r;
      if overload is not null then code := 'overloaded'; run_id := p_run; shed := null; return; end if;
    end if;
  end if;
  if p_session is not null then
    insert into session (tenant, session) values (p_tenant, p_session) on conflict do nothing;
    select * into place from session s where s.tenant = p_tenant and s.session = p_session for no key update;
    -- What was accepted before is answered as ever, whatever the session says now.
    if known_id(p_run, p_tenant, p_agent, p_key) is null then
      select r.code, r.run_id into known from refused_by_session(place, head) r;
      if known.code is not null then code := known.code; run_id := known.run_id; shed := null; return; end if;
    end if;
    my_no := coalesce((head ->> 'sequence')::bigint, place.last_no + 1);
    my_turn := place.active is null
      and (head ->> 'sequence' is null or not lacks_before(place, my_no) and my_no > place.turn_no);
    if head ->> 'whileBusy' = 'replace' then
      select g.origin into lineage from run g where g.run_id = place.active and g.agent = p_agent;
    end if;
  end if;
  if p_parent is not null then
    if p_no is not null then
      insert into child_group (run_id, step, at_once) values (p_parent, p_step, (head #>> '{group,atOnce}')::int) on conflict do nothing;
      select * into place_in from child_group c where c.run_id = p_parent and c.step = p_step for no key update;
    end if;
    select * into mother from run g where g.run_id = p_parent for no key update;
    if mother.state <> 'running' or mother.fence <> p_fence then return; end if;
    code := 'sealed';
    if place_in.total is not null and known_id(p_run, p_tenant, p_agent, p_key) is null then return; end if;
    facts := '{"parent":{"runId":' || to_json(p_parent) || ',"step":' || to_json(p_step) || '}' || coalesce(',"no":' || p_no, '') || '}';
    if place_in.admitted = 0 then place_in.at_once := (head #>> '{group,atOnce}')::int; end if;
    if place_in.working >= place_in.at_once then behind := true; end if;
  end if;
  if p_session is not null and head ->> 'sequence' is not null then
    facts := with_fact(facts, '"sequence":' || (head ->> 'sequence'));
  end if;
  pinned := pin_of(p_agent, (head ->> 'version')::bigint, head ->> 'fingerprint', names);
  now_ms := clock_ms();
  now_epoch := (select l.epoch from ledger l);
  digest := sha256_hex((head ->> 'salt') || body);
  hash := entry_hash('', p_run, 1, 'admit', 0, now_ms, now_epoch, null, facts, digest);
  insert into run (run_id, tenant, agent, queue, pin_id, key, session, session_no, principal, origin, input_digest,
      created_at, deadline_at, due_at, head_seq, head_hash, used, reserved,
      parent, step, group_no, behind, ancestors, above, priority, in_line, sheds)
    values (p_run, p_tenant, p_agent, head ->> 'queue', pinned, p_key, p_session, my_no, head ->> 'principal',
      coalesce(head ->> 'origin', lineage, p_run), head ->> 'inputDigest', now_ms, now_ms + (head ->> 'deadlineMs')::bigint,
      case when my_turn and behind is null then now_ms else now_ms + (head ->> 'deadlineMs')::bigint end, 1, hash, none, none,
      p_parent, p_step, p_no, behind, case when p_parent is not null then mother.ancestors || mother.run_id end,
      scopes_above(mother, p_run, p_tenant, p_agent, p_session),
      coalesce((head ->> 'priority')::smallint, mother.priority, 1),
      asked, asked and p_session is null)
  on conflict do nothing;
  if not found then
    select g.run_id, g.input_digest, g.session_no into known from run g
     where g.run_id = known_id(p_run, p_tenant, p_agent, p_key);
    code := case when known.input_digest = head ->> 'inputDigest'
      and coalesce((head ->> 'sequence')::bigint, known.session_no) is not distinct from known.session_no then 'existing' else 'conflict' end;
    run_id := known.run_id;
    shed := null;
    return;
  end if;
  if cardinality(lines) > 0 then perform take_places(p_run, lines, shed, now_ms); end if;
  insert into entry (run_id, seq, kind, fence, at, epoch, facts, body, salt, digest, hash)
    values (p_run, 1, 'admit', 0, now_ms, now_epoch, facts, admit.body, head ->> 'salt', decode(digest, 'hex'), decode(hash, 'hex'));
  if p_session is not null then
    perform join_session(place, head, my_no, my_turn, now_ms);
  end if;
  if p_no is not null then perform join_group(place_in); end if;
  if my_turn and behind is null then perform pg_notify('midwatch_wake', 'due:' || (head ->> 'queue')); end if;
  code := 'ok';
  run_id := p_run;
end $$;

-- The run that has this key, or, without one, this id; null where there is none. A condition with both in it would have a plan
-- that reads every run.
create or replace function midwatch.known_id(p_run text, p_tenant text, p_agent text, p_key text) returns text
language plpgsql stable
set search_path to midwatch, pg_temp
set enable_seqscan to off
as $$
begin
  if p_key is null then return (select g.run_id from run g where g.run_id = p_run); end if;
  return (select g.run_id from run g where g.tenant = p_tenant and g.agent = p_agent and g.key = p_key);
end $$;
