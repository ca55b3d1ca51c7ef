-- Takes due runs for a worker, and those whose worker's lease ran out: raises fences, writes claim entries.
-- Answers a row for each, with the engaged switch that covers it.
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
  mine := array(select p.pin_id from pin p where p.serves = any(w.serves));
  ids := case when p_run is null then candidates(w, mine, p_limit, now_ms) else array[p_run] end;
  select l.incarnation << 40, l.epoch into fence_floor, now_epoch from ledger l;
  for r in
    select g.* from run g join unnest(ids) with ordinality c(id, i) on c.id = g.run_id
     where claimable(g, now_ms) and g.pin_id = any(mine) and g.queue = any(w.queues)
     order by c.i limit p_limit for no key update of g skip locked
  loop
    r.fence := greatest(r.fence, fence_floor) + 1;
    r.state := case r.state when 'ended' then 'ended' else 'running' end;
    r.waits := null; r.due_at := null; r.worker_id := p_worker; r.claims := r.claims + 1; r.head_seq := r.head_seq + 1;
    facts := '{"worker":' || to_json(w.name) || ',"claims":' || r.claims || '}';
    r.head_hash := entry_hash(r.head_hash, r.run_id, r.head_seq, 'claim', r.fence, now_ms, now_epoch, null, facts, digest);
    insert into entry (run_id, seq, kind, fence, at, epoch, facts, body, salt, digest, hash)
      values (r.run_id, r.head_seq, 'claim', r.fence, now_ms, now_epoch, facts, '{}', '', digest, r.head_hash);
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

-- Ids of runs to try: of dead workers first, then by turns over the tenants that have due work, from the one behind the
-- tenant that this worker served last, oldest due first within one. More than `p_limit`, for others may hold some of them.
create or replace function midwatch.candidates(w midwatch.worker, mine bigint[], p_limit int, now_ms bigint) returns text[]
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  spare constant int := 8;
  dead bigint[];
  found_ids text[] := '{}';
  tenants text[] := '{}';
  turn text := w.turn;
  wrapped boolean := w.turn = '';
  next text;
begin
  dead := array(select x.worker_id from worker x where x.lease_until <= now_ms
    and exists (select from run g where g.worker_id = x.worker_id));
  if dead <> '{}' then
    found_ids := array(select g.run_id from run g
      where g.worker_id = any(dead) and g.pin_id = any(mine) and g.queue = any(w.queues) limit p_limit);
  end if;
  -- One index probe for each (queue, pin) and tenant: never the whole of what waits.
  while cardinality(tenants) < p_limit loop
    select min(t.tenant) into next from unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id)
      cross join lateral (select g.tenant from run g where g.queue = q.queue and g.pin_id = p.pin_id
        and g.due_at is not null and g.tenant > turn order by g.tenant limit 1) t;
    if next is null or (wrapped and w.turn <> '' and next > w.turn) then
      exit when wrapped;
      wrapped := true; turn := '';
      continue;
    end if;
    turn := next;
    if exists (select from unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id) cross join lateral (
      select from run g where g.queue = q.queue and g.pin_id = p.pin_id and g.tenant = next and g.due_at <= now_ms limit 1) d)
    then tenants := tenants || next; end if;
  end loop;
  if tenants <> '{}' then
    found_ids := found_ids || array(
      select c.run_id from (
        select d.run_id, d.due_at, t.i, row_number() over (partition by t.i order by d.due_at, d.run_id) place
          from unnest(tenants) with ordinality t(tenant, i) cross join unnest(w.queues) q(queue) cross join unnest(mine) p(pin_id)
          cross join lateral (select g.run_id, g.due_at from run g
            where g.queue = q.queue and g.pin_id = p.pin_id and g.tenant = t.tenant and g.due_at <= now_ms
            order by g.due_at limit p_limit + spare) d) c
       order by c.place, c.i limit p_limit * 2 + spare);
    update worker x set turn = tenants[cardinality(tenants)] where x.worker_id = w.worker_id;
  end if;
  return found_ids;
end $$;
