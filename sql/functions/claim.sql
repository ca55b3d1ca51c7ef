-- Takes due runs for a worker, and those whose worker's lease ran out: raises fences, writes claim entries.
-- Whoever names a run gets it whatever its queue: queues say what is taken unasked. With `p_most` no tenant gets more than so many
-- places of this worker. Answers a row for each, with the engaged switch that covers it. While an old snapshot makes each of them
-- dear, a claim takes 8 at most, so that none takes long: whoever gets just as many comes again (`claim_clipped` in limits.ts).
create or replace function midwatch.claim(p_worker bigint, p_limit int, p_run text, p_most int default null)
returns table (claimed midwatch.run, scope text, mode text, set_by text, at bigint)
language plpgsql
set search_path to midwatch, pg_temp
set enable_seqscan to off
set enable_hashjoin to off
set enable_mergejoin to off
set jit to off
set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  w worker;
  now_ms bigint;
  mine bigint[];
  ids text[];
  taken run[];
  places tid[];
  at_once int := p_limit;
  fence_floor bigint;
  now_epoch bigint;
  digest constant text := sha256_hex('{}');
begin
  perform assert_isolation();
  now_ms := clock_ms();
  select * into w from worker x where x.worker_id = p_worker;
  if not found or w.lease_until <= now_ms or not may_claim() then return; end if;
  mine := served_pins(w.serves);
  if w.look_pages > 0 then at_once := least(p_limit, 8); end if;
  ids := case when p_run is null then candidates(w, mine, at_once, now_ms, p_most) else array[p_run] end;
  select l.incarnation << 40, l.epoch into fence_floor, now_epoch from ledger l;
  select array_agg(l.g order by l.i), array_agg(l.place order by l.i) into taken, places from (
    select g, g.ctid place, c.i from run g join unnest(ids) with ordinality c(id, i) on c.id = g.run_id
     where claimable(g, now_ms) and g.pin_id = any(mine) and (p_run is not null or g.queue = any(w.queues))
     order by c.i limit at_once for no key update of g skip locked) l;
  -- By their places, for no one moves what is locked: by id each would be a walk over all versions that an old snapshot keeps.
  with claim as materialized (
    select t.run_id, t.head_seq + 1 seq, greatest(t.fence, fence_floor) + 1 fence, t.head_hash,
           '{"worker":' || to_json(w.name) || ',"claims":' || t.claims + 1 || '}' facts, t.ordinality i, places[t.ordinality] place
      from unnest(taken) with ordinality t
  ), hashed as materialized (
    select c.*, entry_hash(c.head_hash, c.run_id, c.seq, 'claim', c.fence, now_ms, now_epoch, null, c.facts, digest) hash from claim c
  ), written as (
    insert into entry (run_id, seq, kind, fence, at, epoch, facts, body, salt, digest, hash)
      select h.run_id, h.seq, 'claim', h.fence, now_ms, now_epoch, h.facts, '{}', '', decode(digest, 'hex'), decode(h.hash, 'hex') from hashed h
  ), moved as (
    update run g set fence = h.fence, state = case g.state when 'ended' then 'ended' else 'running' end, waits = null, due_at = null,
           worker_id = p_worker, claims = g.claims + 1, in_line = false, head_seq = h.seq, head_hash = h.hash
      from hashed h where g.ctid = h.place returning g, h.i
  )
  select array_agg(m.g order by m.i) into taken from moved m;
  -- In a statement of its own, so that it sees every switch that was there before the runs were locked. On most days none is
  -- engaged: then only what is a child is looked at closely.
  return query select taken[u.i], c.scope, c.mode, c.set_by, now_ms
    from generate_subscripts(taken, 1) u(i)
    left join lateral (
      select k.* from (select where (taken[u.i]).ancestors is not null or exists (select from switch s where s.engaged)) may
       cross join lateral covering(taken[u.i]) k) c on true
   order by u.i;
end $$;

-- Due, or held by a worker whose lease ran out; never within one lease of the server's own start.
create or replace function midwatch.claimable(g midwatch.run, now_ms bigint) returns boolean
language sql stable
as $$
  select case when g.worker_id is null then g.due_at <= now_ms
  else not exists (select from midwatch.worker x where x.worker_id = g.worker_id
    and (x.lease_until > now_ms or not x.retired and now_ms < midwatch.started_ms() + x.lease_ms)) end
$$;

-- Ids of runs to try, more than `p_limit`, for others may hold some of them: those of dead workers first, then what is due, in the
-- line of each priority, as `line_of` has it. Where several priorities have due work each gets its share: each run that is taken
-- puts its priority forward by its pace, and the one that is least far is next. `credits` is by how much each is behind.
-- While a dump or another old snapshot is open, versions of rows that were due pile up before those that are, and each look
-- would walk over all of them. So where it does, looks begin at what was due last; one in a second goes back further, for what
-- was committed late; and one over everything is taken as rarely as it is dear: after a millisecond for each page, or once a
-- minute. Those who died are asked until they were seen to hold nothing, then by looks over everything alone.
create or replace function midwatch.candidates(w midwatch.worker, mine bigint[], p_limit int, now_ms bigint, p_most int) returns text[]
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  -- Of low, normal and high: so often are they served while all have due work, 1 to 3 to 12.
  paces constant int[] := '{12,4,1}';
  dead bigint[];
  asked bigint;
  full_tenants text[] := '{}';
  levels int[];
  of_level int;
  line record;
  l_ids text[] := '{}'; l_tenants text[] := '{}'; l_keys int[] := '{}'; l_levels int[] := '{}';
  new_turns text[] := w.turns;
  new_credits int[] := w.credits;
  reached int;
  pages constant bigint := pg_stat_get_xact_blocks_fetched('run'::regclass);
  whole constant boolean := w.look_pages = 0 or now_ms < w.due_from or now_ms >= w.looked_at + least(w.look_pages, 60000);
  far constant boolean := now_ms >= w.far_at + 1000;
  since constant bigint := case when whole then 0 when far then w.due_from - 2000 else w.due_from end;
  due_from bigint := now_ms - 200;
begin
  -- With a limit, for as a mere condition it may be turned round: what was ever held would be walked, to look for its holder. A
  -- claim of one who died may be committed a little after its lease.
  select coalesce(array_agg(x.worker_id) filter (where h.is_held), '{}'), max(x.lease_until) filter (where x.lease_until < now_ms - 300)
    into dead, asked from worker x left join lateral (
      select true is_held from run g where g.worker_id = x.worker_id and g.pin_id = any(mine) and g.queue = any(w.queues) limit 1) h on true
   where x.lease_until <= now_ms and (whole or x.lease_until > w.dead_from);
  if cardinality(dead) > 0 then asked := null; end if;
  if p_most is not null then
    full_tenants := array(select g.tenant from run g where g.worker_id = w.worker_id and g.state = 'running' group by g.tenant
      having count(*) >= p_most);
  end if;
  levels := array(select v from generate_series(2, 0, -1) v where exists (
    select from unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id) cross join lateral (
      select from run g where g.queue = q.queue and g.pin_id = p.pin_id and g.priority = v and g.due_at between since and now_ms
        order by g.due_at desc limit 1) d));
  foreach of_level in array levels loop
    select * into line from line_of(w, mine, of_level::smallint, p_limit, since, now_ms, full_tenants);
    due_from := least(due_from, line.first_due);
    new_turns[of_level + 1] := line.turn;
    if cardinality(levels) = 1 then
      l_ids := line.ids; l_tenants := line.tenants;
    else
      select l_ids || array_agg(u.id order by u.i), l_tenants || array_agg(u.tenant order by u.i),
             l_keys || array_agg(u.i::int * paces[of_level + 1] - new_credits[of_level + 1] order by u.i), l_levels || array_agg(of_level)
        into l_ids, l_tenants, l_keys, l_levels from unnest(line.ids, line.tenants) with ordinality u(id, tenant, i);
    end if;
  end loop;
  if cardinality(levels) > 1 then
    reached := (select max(c.key) from (select k.key from unnest(l_keys, l_levels) k(key, level)
      order by k.key, k.level desc limit p_limit) c);
    for of_level in 0..2 loop
      new_credits[of_level + 1] := case when of_level = any(levels) then least(paces[of_level + 1], reached - coalesce((
        select max(c.key) from (select k.key, k.level from unnest(l_keys, l_levels) k(key, level) order by k.key, k.level desc limit p_limit) c
         where c.level = of_level), -new_credits[of_level + 1])) else 0 end;
    end loop;
    select array_agg(u.id order by u.key, u.level desc, u.i), array_agg(u.tenant order by u.key, u.level desc, u.i) into l_ids, l_tenants
      from unnest(l_ids, l_tenants, l_keys, l_levels) with ordinality u(id, tenant, key, level, i);
  end if;
  if p_most is not null then
    l_ids := array(select u.id from (
      select t.id, t.i, row_number() over (partition by t.tenant order by t.i) place, t.tenant
        from unnest(l_ids, l_tenants) with ordinality t(id, tenant, i)) u
       left join (select g.tenant, count(*) held from run g where g.worker_id = w.worker_id and g.state = 'running' group by g.tenant) h
         on h.tenant = u.tenant
      where u.place + coalesce(h.held, 0) <= p_most order by u.i);
  end if;
  perform remember_look(w, whole, far, due_from, asked, now_ms, pg_stat_get_xact_blocks_fetched('run'::regclass) - pages - 4 * greatest(4 * p_limit, 128));
  -- Each version of this row, too, is one more to walk over: where all that is due is taken, it is nobody's turn.
  if w.look_pages > 0 and cardinality(l_ids) <= p_limit then new_turns := w.turns; new_credits := w.credits; end if;
  update worker x set turns = new_turns, credits = new_credits::smallint[]
   where x.worker_id = w.worker_id and (x.turns, x.credits) is distinct from (new_turns, new_credits::smallint[]);
  return array(select g.run_id from run g
    where g.worker_id = any(dead) and g.pin_id = any(mine) and g.queue = any(w.queues) limit p_limit) || l_ids;
end $$;

-- What is due of one priority, with its tenants: by turns over those that have due work, from the one behind the tenant that this
-- worker served last, oldest due first within one. When more is due than one look takes in, so many tenants as a few hops over the
-- index find are served first, then the oldest. `turn` is the tenant that is served last by this, `first_due` when the oldest was
-- due. Tenants that have all the places they may have are left out, and so is what was due before `since`.
create or replace function midwatch.line_of(w midwatch.worker, mine bigint[], p_level smallint, p_limit int, since bigint, now_ms bigint,
  full_tenants text[], out ids text[], out tenants text[], out turn text, out first_due bigint)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  reach constant int := greatest(4 * p_limit, 128);
  hops constant int := 64;
  was constant text := w.turns[p_level + 1];
  due_ids text[];
  due_tenants text[];
  in_turn text[] := '{}';
  has_wrapped boolean := false;
  next text;
begin
  ids := '{}'; tenants := '{}'; turn := was;
  select array_agg(d.run_id), array_agg(d.tenant), min(d.due_at) into due_ids, due_tenants, first_due from (
    select e.* from unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id)
     cross join lateral (select g.run_id, g.tenant, g.due_at from run g
       where g.queue = q.queue and g.pin_id = p.pin_id and g.priority = p_level and g.due_at between since and now_ms
       order by g.due_at limit reach) e
     order by e.due_at limit reach) d;
  if due_ids is null then return; end if;

  if cardinality(due_ids) = reach then
    -- What was due before the oldest is there no more.
    for hop in 1..hops loop
      exit when cardinality(in_turn) = p_limit;
      select min(t.tenant) into next from unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id)
        cross join lateral (select g.tenant from run g where g.queue = q.queue and g.pin_id = p.pin_id and g.priority = p_level
          and g.due_at >= first_due and g.tenant > turn order by g.tenant limit 1) t;
      if next is null then
        exit when was = '' or has_wrapped;
        has_wrapped := true; turn := '';
        continue;
      end if;
      exit when has_wrapped and next > was;
      turn := next;
      if next <> all(full_tenants) and exists (select from unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id) cross join lateral (
        select from run g where g.queue = q.queue and g.pin_id = p.pin_id and g.priority = p_level and g.tenant = next
          and g.due_at between first_due and now_ms limit 1) d)
      then in_turn := in_turn || next; end if;
    end loop;
    select coalesce(array_agg(c.run_id order by c.place, c.i), '{}'), coalesce(array_agg(c.tenant order by c.place, c.i), '{}')
      into ids, tenants from (
        select e.* from (
          select d.run_id, t.tenant, t.i, row_number() over (partition by t.i order by d.due_at) place
            from unnest(in_turn) with ordinality t(tenant, i) cross join unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id)
            cross join lateral (select g.run_id, g.due_at from run g
              where g.queue = q.queue and g.pin_id = p.pin_id and g.priority = p_level and g.tenant = t.tenant
                and g.due_at between first_due and now_ms
              order by g.due_at limit p_limit) d) e
         order by e.place, e.i limit 2 * p_limit) c;
    select ids || coalesce(array_agg(u.run_id order by u.i), '{}'), tenants || coalesce(array_agg(u.tenant order by u.i), '{}')
      into ids, tenants from unnest(due_ids, due_tenants) with ordinality u(run_id, tenant, i)
     where u.run_id <> all(ids) and u.tenant <> all(full_tenants);
  else
    select coalesce(array_agg(c.run_id order by c.place, c.behind, c.tenant), '{}'),
           coalesce(array_agg(c.tenant order by c.place, c.behind, c.tenant), '{}') into ids, tenants from (
      select u.run_id, u.tenant collate "C" tenant, u.tenant collate "C" <= was behind,
             row_number() over (partition by u.tenant order by u.i) place
        from unnest(due_ids, due_tenants) with ordinality u(run_id, tenant, i) where u.tenant <> all(full_tenants)) c;
    turn := coalesce((select t.tenant from (
      select distinct u.tenant collate "C" tenant, u.tenant collate "C" <= was behind from unnest(tenants) u(tenant)
       order by behind, tenant limit p_limit) t
     order by t.behind desc, t.tenant desc limit 1), was);
  end if;
end $$;

-- Writes down where the next looks begin, and until when those who died are known to hold nothing; where looks touch no pages
-- worth mentioning, nothing.
create or replace function midwatch.remember_look(w midwatch.worker, whole boolean, far boolean, p_from bigint, p_asked bigint,
  now_ms bigint, p_pages bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  pages constant bigint := greatest(p_pages, 0);
begin
  if whole and (pages > 0 or w.look_pages > 0) then
    update worker x set look_pages = pages, looked_at = now_ms, far_at = now_ms, due_from = p_from where x.worker_id = w.worker_id;
  elsif not whole and (far or p_from >= w.due_from + 300) then
    update worker x set due_from = p_from, far_at = case when far then now_ms else x.far_at end where x.worker_id = w.worker_id;
  end if;
  if not whole and p_asked > w.dead_from then
    update worker x set dead_from = p_asked where x.worker_id = w.worker_id;
  end if;
end $$;

-- The pin of a run, whenever it was made: a claim answers runs that were admitted after its own statement began, and a join
-- in that statement would not see what is pinned for the first time there.
create or replace function midwatch.pinned(p_pin bigint) returns midwatch.pin
language plpgsql volatile
set search_path to midwatch, pg_temp
as $$
declare
  p pin;
begin
  select * into strict p from pin x where x.pin_id = p_pin;
  return p;
end $$;
