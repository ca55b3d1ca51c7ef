-- Takes due runs for a worker, and those whose worker's lease ran out: raises fences, writes claim entries.
-- Whoever names a run gets it whatever its queue: queues say what is taken unasked. Answers a row for each, with the engaged switch that covers it.
create or replace function midwatch.claim(p_worker bigint, p_limit int, p_run text)
returns table (claimed midwatch.run, scope text, mode text, set_by text, at bigint)
language plpgsql
set search_path to midwatch, pg_temp
set enable_seqscan to off
set jit to off
as $$
#variable_conflict use_column
declare
  w worker;
  now_ms bigint;
  mine bigint[];
  ids text[];
  r run;
  fence_floor bigint;
  now_epoch bigint;
  digest constant text := sha256_hex('{}');
  facts text;
begin
  perform assert_isolation();
  now_ms := clock_ms();
  select * into w from worker x where x.worker_id = p_worker;
  if not found or w.lease_until <= now_ms then return; end if;
  mine := served_pins(w.serves);
  ids := case when p_run is null then candidates(w, mine, p_limit, now_ms) else array[p_run] end;
  select l.incarnation << 40, l.epoch into fence_floor, now_epoch from ledger l;
  for r in
    select g.* from run g join unnest(ids) with ordinality c(id, i) on c.id = g.run_id
     where claimable(g, now_ms) and g.pin_id = any(mine) and (p_run is not null or g.queue = any(w.queues))
     order by c.i limit p_limit for no key update of g skip locked
  loop
    r.fence := greatest(r.fence, fence_floor) + 1;
    r.state := case r.state when 'ended' then 'ended' else 'running' end;
    r.waits := null; r.due_at := null; r.worker_id := p_worker; r.claims := r.claims + 1; r.head_seq := r.head_seq + 1;
    facts := '{"worker":' || to_json(w.name) || ',"claims":' || r.claims || '}';
    r.head_hash := entry_hash(r.head_hash, r.run_id, r.head_seq, 'claim', r.fence, now_ms, now_epoch, null, facts, digest);
    insert into entry (run_id, seq, kind, fence, at, epoch, facts, body, salt, digest, hash)
      values (r.run_id, r.head_seq, 'claim', r.fence, now_ms, now_epoch, facts, '{}', '', decode(digest, 'hex'),
        decode(r.head_hash, 'hex'));
    update run g set fence = r.fence, state = r.state, waits = null, due_at = null, worker_id = p_worker, claims = r.claims,
           head_seq = r.head_seq, head_hash = r.head_hash where g.run_id = r.run_id;
    claimed := r; at := now_ms;
    scope := null; mode := null; set_by := null;
    select c.scope, c.mode, c.set_by into scope, mode, set_by from covering(r) c;
    return next;
  end loop;
end $$;

-- Due, or held by a worker whose lease ran out; never within one lease of the server's own start.
create or replace function midwatch.claimable(g midwatch.run, now_ms bigint) returns boolean
language sql stable
as $$
  select case when g.worker_id is null then g.due_at <= now_ms
  else not exists (select from midwatch.worker x where x.worker_id = g.worker_id
    and (x.lease_until > now_ms or not x.retired and now_ms < midwatch.started_ms() + x.lease_ms)) end
$$;

-- Ids of runs to try, more than `p_limit`, for others may hold some of them: those of dead workers first, then by turns over
-- the tenants that have due work, from the one behind the tenant that this worker served last, oldest due first within one.
-- When more is due than one look takes in, so many tenants as a few hops over the index find are served first, then the oldest.
create or replace function midwatch.candidates(w midwatch.worker, mine bigint[], p_limit int, now_ms bigint) returns text[]
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  reach constant int := greatest(4 * p_limit, 128);
  hops constant int := 64;
  dead bigint[];
  found_ids text[];
  due_ids text[];
  due_tenants text[];
  tenants text[] := '{}';
  here text := w.turn;
  next text;
begin
  dead := array(select x.worker_id from worker x where x.lease_until <= now_ms
    and exists (select from run g where g.worker_id = x.worker_id));
  found_ids := array(select g.run_id from run g
    where g.worker_id = any(dead) and g.pin_id = any(mine) and g.queue = any(w.queues) limit p_limit);
  select array_agg(d.run_id), array_agg(d.tenant) into due_ids, due_tenants from (
    select e.* from unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id)
     cross join lateral (select g.run_id, g.tenant, g.due_at from run g
       where g.queue = q.queue and g.pin_id = p.pin_id and g.due_at <= now_ms order by g.due_at limit reach) e
     order by e.due_at limit reach) d;
  if due_ids is null then return found_ids; end if;

  if cardinality(due_ids) = reach then
    for hop in 1..hops loop
      exit when cardinality(tenants) = p_limit;
      select min(t.tenant) into next from unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id)
        cross join lateral (select g.tenant from run g where g.queue = q.queue and g.pin_id = p.pin_id
          and g.due_at is not null and g.tenant > here order by g.tenant limit 1) t;
      here := coalesce(next, '');
      exit when here = w.turn;
      if exists (select from unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id) cross join lateral (
        select from run g where g.queue = q.queue and g.pin_id = p.pin_id and g.tenant = next and g.due_at <= now_ms limit 1) d)
      then tenants := tenants || next; end if;
    end loop;
    found_ids := found_ids || array(
      select c.run_id from (
        select d.run_id, t.i, row_number() over (partition by t.i order by d.due_at) place
          from unnest(tenants) with ordinality t(tenant, i) cross join unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id)
          cross join lateral (select g.run_id, g.due_at from run g
            where g.queue = q.queue and g.pin_id = p.pin_id and g.tenant = t.tenant and g.due_at <= now_ms
            order by g.due_at limit p_limit) d) c
       order by c.place, c.i limit 2 * p_limit) || due_ids;
  else
    select found_ids || array_agg(c.run_id order by c.place, c.behind, c.tenant) into found_ids from (
      select u.run_id, u.tenant collate "C" tenant, u.tenant collate "C" <= w.turn behind,
             row_number() over (partition by u.tenant order by u.i) place
        from unnest(due_ids, due_tenants) with ordinality u(run_id, tenant, i)) c;
    select t.tenant into here from (
      select distinct u.tenant collate "C" tenant, u.tenant collate "C" <= w.turn behind from unnest(due_tenants) u(tenant)
       order by behind, tenant limit p_limit) t
     order by t.behind desc, t.tenant desc limit 1;
  end if;
  update worker x set turn = here where x.worker_id = w.worker_id and x.turn <> here;
  return array(select u.id from unnest(found_ids) with ordinality u(id, i) group by u.id order by min(u.i));
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
