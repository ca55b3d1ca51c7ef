-- Works ops in array order, each atomic, by docs/ledger.md; answers in codes, ids and numbers alone, never RAISE.
--
-- 1. Everything that the ops may touch is locked, in one order for one op as for many: switches (shared), sessions, runs,
--    effect keys, tool locks, meters; each kind in a statement of its own, rows in the order of their keys.
-- 2. Switches, ceilings, leases and the time are read, once, in a later statement: what was committed before is seen.
-- 3. The ops are worked one after the other on arrays in memory; what changed is written at the end, a statement a table.
--
-- Names: a run has an index into `runs`, an effect, lock or meter into its own arrays. A `source` is where a begin is
-- known from: op i of this batch is source i, the k-th begin that was read from the journal is source n + k.
create or replace function midwatch.apply(heads jsonb, bodies text[], out at bigint, out answers text)
language plpgsql
set search_path to midwatch, pg_temp
set enable_seqscan to off
set enable_hashjoin to off
set enable_mergejoin to off
set jit to off
as $$
#variable_conflict use_column
declare
  grace_ms constant bigint := 250;
  ops op[]; n int; sources int;
  o_run text[]; o_seq bigint[]; o_kind text[]; o_fence bigint[]; o_salt text[]; digests text[];
  has_locks boolean; has_counts boolean; has_ends boolean; has_breakers boolean; has_begins boolean;
  -- Runs.
  ids text[]; runs run[]; run_ids text[]; tenants text[]; pins bigint[]; workers bigint[]; live bigint[]; run_moved boolean[];
  -- Begins that settles, doubts and successors of doubts refer to.
  begun begun[]; begun_of int[];
  -- Charges, all sources one behind the other; ix > 0 is a shared meter, ix < 0 one of the run's own.
  c_sort text[]; c_amount bigint[]; c_max bigint[]; c_ix int[]; c_text text[]; c_scope text[]; c_meter text[]; c_per text[];
  c_limit bigint[]; c_first int[]; c_last int[];
  m_scope text[]; m_meter text[]; m_per text[]; m_win bigint[]; m_used bigint[]; m_reserved bigint[]; m_moved boolean[];
  -- Effect rows.
  e_tenant text[]; e_tool text[]; e_key text[]; e_of int[]; e_state text[]; e_attempt int[]; e_evidence int[];
  e_run text[]; e_seq bigint[]; e_args text[]; e_acts bigint[]; e_moved boolean[];
  -- Tool locks.
  l_tenant text[]; l_name text[]; l_of text[]; l_run text[]; l_seq bigint[]; l_moved boolean[];
  -- Switches, ceilings, breakers.
  epoch bigint; any_switch boolean; any_ceiling boolean; sw_scope text[]; sw_mode text[]; broken text[];
  covers text[]; at_before bigint;
  -- The op in hand.
  o op; r run; ru bigint[]; rr bigint[]; ri int; code text; extra text; facts text; ref bigint; src int; sup int; e int;
  x int; y int; z int; free bigint; had bigint; lim bigint; val bigint; acts bigint; due bigint; over boolean;
  held_by text; held_seq bigint; word text; item jsonb; charges text; spent text; twin record; esc record;
  w_facts text[]; w_hash text[]; w_ref bigint[]; codes text[]; said text[];
begin
  perform assert_isolation();
  select array_agg(p), count(*), array_agg(p.run_id), array_agg(p.seq), array_agg(p.kind), array_agg(p.fence),
         array_agg(p.salt), bool_or(p.count is not null), bool_or(p.kind = 'end'), bool_or(p.breaker is not null),
         bool_or(p.kind = 'begin')
    into ops, n, o_run, o_seq, o_kind, o_fence, o_salt, has_counts, has_ends, has_breakers, has_begins
    from jsonb_populate_recordset(null::op, heads) p;
  if n = 0 then at := clock_ms(); answers := '[]'; return; end if;
  select array_agg(sha256_hex(salt || body)) into digests from unnest(o_salt, bodies) u(salt, body);
  select array_agg(distinct id) into ids from unnest(o_run) id;

  -- Switches: the fleet's, then the tenants', shared.
  perform pg_advisory_xact_lock_shared(19799, 0);
  perform pg_advisory_xact_lock_shared(19800, t.h)
    from (select distinct hashtext(g.tenant) h from run g where g.run_id = any(ids) order by 1) t;

  -- Sessions of the runs that end, and the runs that come after them.
  if has_ends then
    perform 1 from session s
      where (s.tenant, s.session) in (
        select g.tenant, g.session from run g join unnest(o_run, o_kind) q(id, kind) on q.id = g.run_id
         where q.kind = 'end' and g.session is not null)
      order by s.tenant, s.session for no key update;
    if found then
      select array_agg(distinct id) into ids from (
        select unnest(ids) id
        union all
        select f.run_id from run g cross join lateral (
            select h.run_id from run h where h.tenant = g.tenant and h.session = g.session and h.state = 'queued'
               and h.run_id <> g.run_id order by h.session_no limit 1) f
         where g.session is not null
           and g.run_id in (select q.id from unnest(o_run, o_kind) q(id, kind) where q.kind = 'end')) z;
    end if;
  end if;

  select array_agg(g), array_agg(g.run_id), array_agg(g.tenant), array_agg(g.pin_id), array_agg(g.worker_id)
    into runs, run_ids, tenants, pins, workers
    from (select * from run where run_id = any(ids) order by run_id for no key update) g;
  run_moved := array_fill(false, array[coalesce(cardinality(run_ids), 0)]);

  -- The begins that are referred to. Entries never change, so that this needs no lock.
  begun_of := array_fill(null::int, array[n]);
  select array_agg(b order by i), array_agg(i order by i) into begun, e_of from (
    select q.ordinality::int i, jsonb_populate_record(null::begun, d.facts::jsonb) b
      from unnest(ops) with ordinality q
      join entry d on d.run_id = q.run_id and d.seq = coalesce(q.ref, q.supersedes) and d.kind = 'begin') z;
  for x in 1..coalesce(cardinality(e_of), 0) loop begun_of[e_of[x]] := n + x; end loop;
  sources := n + coalesce(cardinality(e_of), 0);

  -- Effect keys: those that are missing are made free first, in order; then all are locked and read, in a later statement.
  e_of := array_fill(0, array[sources]);
  select array_agg(tenant), array_agg(tool), array_agg(key), array_agg(srcs) into e_tenant, e_tool, e_key, l_of from (
    select tenant, tool, key, string_agg(src::text, ' ') srcs from (
      select t.tenant, q.effect_tool tool, q.effect_key key, q.ordinality src
        from unnest(ops) with ordinality q join unnest(run_ids, tenants) t(id, tenant) on t.id = q.run_id
       where q.kind = 'begin' and q.effect_key is not null
      union all
      select t.tenant, (b.effect).tool, (b.effect).key, n + b.ordinality
        from unnest(begun) with ordinality b
        join unnest(begun_of, o_run) f(src, id) on f.src = n + b.ordinality
        join unnest(run_ids, tenants) t(id, tenant) on t.id = f.id
       where (b.effect).key is not null) z
    group by tenant, tool, key order by tenant collate "C", tool collate "C", key collate "C") k;
  if e_key is not null then
    for x in 1..cardinality(e_key) loop
      foreach word in array string_to_array(l_of[x], ' ') loop e_of[word::int] := x; end loop;
    end loop;
    if has_begins then
      insert into effect (tenant, tool, key)
        select k.tenant, k.tool, k.key from unnest(e_tenant, e_tool, e_key) k(tenant, tool, key)
         order by k.tenant collate "C", k.tool collate "C", k.key collate "C"
      on conflict do nothing;
    end if;
    select array_agg(state order by i), array_agg(attempt order by i), array_agg(evidence order by i),
           array_agg(run_id order by i), array_agg(seq order by i), array_agg(args order by i), array_agg(acts_until order by i)
      into e_state, e_attempt, e_evidence, e_run, e_seq, e_args, e_acts
      from (select k.i, f.* from unnest(e_tenant, e_tool, e_key) with ordinality k(tenant, tool, key, i)
              join effect f on f.tenant = k.tenant and f.tool = k.tool and f.key = k.key
             order by f.tenant, f.tool, f.key for no key update of f) z;
    e_moved := array_fill(false, array[cardinality(e_key)]);
  end if;

  -- Tool locks, likewise.
  select array_agg(tenant), array_agg(name) into l_tenant, l_name from (
    select distinct t.tenant collate "C" tenant, z.name collate "C" as name from (
        select q.run_id id, unnest(q.locks) as name from unnest(ops) q where q.locks is not null
        union all
        select f.id, unnest(b.locks) from unnest(begun) with ordinality b
          join unnest(begun_of, o_run) f(src, id) on f.src = n + b.ordinality) z
      join unnest(run_ids, tenants) t(id, tenant) on t.id = z.id
     order by 1, 2) k;
  has_locks := l_name is not null;
  if has_locks then
    insert into tool_lock (tenant, name)
      select k.tenant, k.name from unnest(l_tenant, l_name) k(tenant, name)
       where not exists (select from tool_lock t where t.tenant = k.tenant and t.name = k.name)
       order by k.tenant collate "C", k.name collate "C"
    on conflict do nothing;
    select array_agg(run_id order by i), array_agg(seq order by i) into l_run, l_seq
      from (select k.i, t.run_id, t.seq from unnest(l_tenant, l_name) with ordinality k(tenant, name, i)
              join tool_lock t on t.tenant = k.tenant and t.name = k.name
             order by t.tenant, t.name for no key update of t) z;
    l_moved := array_fill(false, array[cardinality(l_name)]);
  end if;

  -- The run's own meters that its admission did not name get their columns.
  if has_begins or has_counts then
    for x, word, charges in
      select array_position(run_ids, z.id), p.agent, array_to_json(array_agg(distinct z.name))::text
        from (select q.run_id id, unnest(q.meter) as name, unnest(q.scope) scope from unnest(ops) q where q.kind = 'begin'
              union all
              select q.run_id, k.key, '' from unnest(ops) q cross join lateral jsonb_each(q.count) k) z
        join unnest(run_ids, pins) t(id, pin) on t.id = z.id join pin p on p.pin_id = t.pin
       where z.scope = '' and not z.name = any(p.meters)
       group by z.id, p.agent
    loop
      r := widened(runs[x], charges::json);
      runs[x] := r; pins[x] := r.pin_id; run_moved[x] := true;
    end loop;
  end if;

  -- Meters: windows are those of the time before the wait for locks; should one have passed meanwhile, they are picked anew.
  at := clock_ms();
  loop
    at_before := at;
    select array_agg(sort), array_agg(amount), array_agg(max), array_agg(ix), array_agg(said), array_agg(src),
           array_agg(scope), array_agg(meter), array_agg(per), array_agg(win)
      into c_sort, c_amount, c_max, c_ix, c_text, c_first, c_scope, c_meter, c_per, m_win
      from (
        select f.*, case when f.scope = '' then -array_position(p.meters, f.meter)
                         else dense_rank() over (partition by f.scope = ''
                           order by f.scope collate "C", f.meter collate "C", f.per collate "C", f.win)::int end ix,
               case when f.src <= n then '{"at":"' || case f.scope when '' then 'run' else 'shared' end || '","scope":'
                 || to_json(f.scope) || ',"meter":' || to_json(f.meter) || ',"kind":"' || f.sort || '","per":"' || f.per
                 || '","amount":' || f.amount || ',"limit":' || coalesce(f.max::text, 'null') || ',"window":' || f.win end said
          from (
            select q.ordinality::int src, q.run_id id, c.k, c.scope, c.meter, c.sort, c.per, c.amount, c.max,
                   window_start(c.per, at_before) win
              from unnest(ops) with ordinality q
              cross join lateral unnest(q.scope, q.meter, q.sort, q.per, q.amount, q.max)
                with ordinality c(scope, meter, sort, per, amount, max, k)
             where q.kind = 'begin'
            union all
            select f.src, f.id, c.ordinality, c.scope, c.meter, c.kind, c.per, c.amount, null, c."window"
              from unnest(begun) with ordinality b
              join unnest(begun_of, o_run) f(src, id) on f.src = n + b.ordinality
              cross join lateral unnest(b.charges) with ordinality c
          ) f
          join unnest(run_ids, pins) t(id, pin) on t.id = f.id
          join pin p on p.pin_id = t.pin
         order by f.src, f.k) z;
    -- c_first holds the source of each charge so far: made into the range of each source.
    c_last := array_fill(0, array[sources]);
    for x in 1..coalesce(cardinality(c_ix), 0) loop c_last[c_first[x]] := x; end loop;
    c_first := array_fill(1, array[sources]);
    y := 0;
    for x in 1..sources loop
      c_first[x] := y + 1;
      if c_last[x] = 0 then c_last[x] := y; end if;
      y := c_last[x];
    end loop;
    select array_agg(scope), array_agg(meter), array_agg(per), array_agg(win) into m_scope, m_meter, m_per, m_win from (
      select distinct on (u.ix) u.* from unnest(c_scope, c_meter, c_per, m_win, c_ix) u(scope, meter, per, win, ix)
       where u.ix > 0 order by u.ix) z;
    if m_scope is not null then
      if has_begins then
        insert into meter (scope, meter, per, win)
          select k.* from unnest(m_scope, m_meter, m_per, m_win) k(scope, meter, per, win)
           where not exists (select from meter t
             where t.scope = k.scope and t.meter = k.meter and t.per = k.per and t.win = k.win)
           order by k.scope collate "C", k.meter collate "C", k.per collate "C", k.win
        on conflict do nothing;
      end if;
      select array_agg(used order by i), array_agg(reserved order by i) into m_used, m_reserved
        from (select k.i, t.used, t.reserved from unnest(m_scope, m_meter, m_per, m_win) with ordinality k(scope, meter, per, win, i)
                join meter t on t.scope = k.scope and t.meter = k.meter and t.per = k.per and t.win = k.win
               order by t.scope, t.meter, t.per, t.win for no key update of t) z;
      m_moved := array_fill(false, array[cardinality(m_scope)]);
    end if;

    -- Everything is locked: now the facts are read.
    with clock as materialized (select clock_ms() now_ms)
    select c.now_ms, l.epoch, exists (select from switch where engaged), exists (select from ceiling),
           (select array_agg(w.worker_id) from worker w where w.worker_id = any(workers) and w.lease_until > c.now_ms)
      into at, epoch, any_switch, any_ceiling, live from clock c, ledger l;
    exit when m_scope is null or not exists (
      select from unnest(m_per, m_win) u(per, win)
       where u.win = window_start(u.per, at_before) and u.win <> window_start(u.per, at));
  end loop;
  live := coalesce(live, '{}');
  c_limit := c_max;
  if any_ceiling and m_scope is not null then
    select array_agg(least(u.lim, k.max) order by u.i) into c_limit
      from unnest(c_scope, c_meter, c_per, c_max) with ordinality u(scope, meter, per, lim, i)
      left join ceiling k on k.scope = u.scope and k.meter = u.meter and k.per = u.per;
  end if;
  if any_switch and has_begins then
    select array_agg(s.scope order by s.mode, s.scope), array_agg(s.mode order by s.mode, s.scope) into sw_scope, sw_mode
      from switch s where s.engaged and s.scope in (
        select unnest(scopes_of(g)) from unnest(runs) g
        union select 'tool:' || q.tool from unnest(ops) q where q.tool is not null);
  end if;
  if has_breakers then
    select array_agg(b.key) into broken from breaker b
     where b.state = 'open' and b.key in (select q.breaker from unnest(ops) q);
  end if;

  codes := array_fill(null::text, array[n]); said := codes; w_facts := codes; w_hash := codes;
  w_ref := array_fill(null::bigint, array[n]);
  for i in 1..n loop
    o := ops[i]; code := 'ok'; extra := ''; facts := '{}'; ref := null;
    ri := array_position(run_ids, o.run_id);
    src := begun_of[i];
    if src is null and coalesce(o.ref, o.supersedes) is not null then
      -- Perhaps the begin is of this very batch.
      for x in 1..i - 1 loop
        if o_run[x] = o.run_id and o_seq[x] = coalesce(o.ref, o.supersedes) and o_kind[x] = 'begin' and codes[x] = 'ok' then
          src := x;
        end if;
      end loop;
    end if;
    if ri is not null then r := runs[ri]; end if;

    <<work>> begin
    if ri is null then code := 'no_run'; exit work; end if;

    -- The fence before the twin: else a stale worker hears "already there" and acts.
    if o.fence <> r.fence or not (r.state = 'running' or (r.state = 'ended' and r.worker_id is not null)) then
      code := 'fenced';
      if o.kind = 'settle' and src is not null then
        insert into evidence (run_id, no, ref, fence, did, body, digest, at)
          values (o.run_id, (select coalesce(max(v.no), 0) + 1 from evidence v where v.run_id = o.run_id),
            o.ref, o.fence, o.did, bodies[i], digests[i], at)
        on conflict (run_id, ref, digest) do nothing;
        if found then
          e := e_of[src];
          if e > 0 and e_run[e] = o.run_id and e_seq[e] = o.ref then
            e_evidence[e] := e_evidence[e] + 1; e_moved[e] := true;
          end if;
          r.mail_head := r.mail_head + 1;
          insert into mail values (o.run_id, r.mail_head, 'evidence', '{"ref":' || o.ref || '}', at);
          if r.state = 'waiting' or (r.state = 'ended' and r.worker_id is null and r.open <> '{}') then
            r.due_at := at;
            perform pg_notify('midwatch_wake', 'due:' || r.queue);
          end if;
          runs[ri] := r; run_moved[ri] := true;
        end if;
      end if;
      exit work;
    end if;

    if o.seq <> r.head_seq + 1 then
      code := 'head_moved'; twin := null;
      select d.kind, d.digest, d.facts into twin from entry d where d.run_id = o.run_id and d.seq = o.seq;
      if not found then
        for x in 1..i - 1 loop
          if o_run[x] = o.run_id and o_seq[x] = o.seq and codes[x] = 'ok' then
            select o_kind[x] as kind, digests[x] as digest, w_facts[x] as facts into twin;
          end if;
        end loop;
      end if;
      if twin.kind = o.kind and twin.digest = digests[i] then
        code := 'already';
        if o.kind = 'begin' then
          if not o.seq = any(r.open) then code := 'fenced';
          elsif not r.worker_id = any(live) then code := 'lease_lost';
          else
            item := twin.facts::jsonb;
            extra := ',"actsUntil":' || (item ->> 'actsUntil') || coalesce(',"attempt":' || (item -> 'effect' ->> 'attempt'), '');
          end if;
        end if;
      end if;
      exit work;
    end if;
    if r.state = 'ended' and o.kind not in ('settle', 'audit') then code := 'ended'; exit work; end if;

    if o.kind = 'begin' then
      if not r.worker_id = any(live) then code := 'lease_lost'; exit work; end if;
      if sw_scope is not null then
        covers := scopes_of(r) || ('tool:' || o.tool);
        for x in 1..cardinality(sw_scope) loop
          if sw_scope[x] = any(covers) then
            code := 'switched'; extra := ',"scope":' || to_json(sw_scope[x]) || ',"mode":"' || sw_mode[x] || '"';
            exit work;
          end if;
        end loop;
      end if;
      if at + o.timeout_ms > r.deadline_at then code := 'deadline'; exit work; end if;
      e := e_of[i]; sup := null;
      if o.supersedes is not null then
        if src is null or e = 0 or e_of[src] <> e or not o.supersedes = any(r.doubts) then code := 'not_open'; exit work; end if;
        sup := src;
      end if;
      if e > 0 then
        if e_state[e] = 'free' then
          if o.saw_attempt is not null then code := 'moved'; end if;
        elsif e_args[e] <> o.effect_args then code := 'key_conflict';
        elsif e_state[e] <> 'doubt' then code := e_state[e];
        elsif o.saw_attempt is null then code := 'in_doubt';
        elsif o.saw_attempt <> e_attempt[e] or o.saw_evidence is distinct from e_evidence[e] then code := 'moved';
        elsif o.resend is distinct from 'early' and at < e_acts[e] then code := 'in_doubt';
        elsif e_run[e] = o.run_id then
          if e_seq[e] is distinct from o.supersedes then code := 'in_doubt'; end if;
        else
          x := array_position(run_ids, e_run[e]);
          if x is not null then word := (runs[x]).state;
          else select g.state into word from run g where g.run_id = e_run[e]; end if;
          if word is distinct from 'ended' then code := 'in_doubt'; end if;
        end if;
        if code <> 'ok' then
          if e_attempt[e] > 0 then
            extra := ',"holder":{"runId":' || to_json(e_run[e]) || ',"seq":' || e_seq[e] || '},"actsUntil":' || e_acts[e]
              || ',"attempt":' || e_attempt[e] || ',"evidence":' || e_evidence[e];
          end if;
          exit work;
        end if;
      end if;
      if o.locks is not null then
        foreach word in array o.locks loop
          y := 0;
          for x in 1..cardinality(l_name) loop
            if l_name[x] = word and l_tenant[x] = r.tenant then y := x; exit; end if;
          end loop;
          if l_run[y] is not null and not (l_run[y] = o.run_id and l_seq[y] is not distinct from o.supersedes) then
            code := 'locked';
            extra := ',"lock":' || to_json(word) || ',"holder":{"runId":' || to_json(l_run[y]) || ',"seq":' || l_seq[y] || '}';
            exit work;
          end if;
        end loop;
      end if;

      -- Room for each charge: what the superseded begin still reserves is free, what this one charged before is not.
      ru := r.used; rr := r.reserved;
      for x in c_first[i]..c_last[i] loop
        lim := c_limit[x];
        if lim is null then continue; end if;
        z := c_ix[x];
        if z > 0 then had := m_used[z]; val := m_reserved[z]; else had := ru[-z]; val := rr[-z]; end if;
        if sup is not null then
          for y in c_first[sup]..c_last[sup] loop
            if c_ix[y] = z and c_sort[y] <> 'peak' then val := val - c_amount[y]; end if;
          end loop;
        end if;
        for y in c_first[i]..x - 1 loop
          if c_ix[y] = z and c_sort[y] <> 'peak' then val := val + c_amount[y]; end if;
        end loop;
        if (case c_sort[x] when 'peak' then c_amount[x] > lim else had + val + c_amount[x] > lim end) then
          code := 'ceiling';
          extra := ',"meter":{"scope":' || to_json(c_scope[x]) || ',"meter":' || to_json(c_meter[x]) || ',"per":"' || c_per[x]
            || '","used":' || had || ',"reserved":' || val || ',"amount":' || c_amount[x] || ',"limit":' || lim
            || ',"opensAt":' || coalesce(window_end(c_per[x], at)::text, 'null') || '}';
          exit work;
        end if;
      end loop;
      if o.breaker = any(broken) then code := 'breaker_open'; exit work; end if;

      -- Granted.
      acts := at + o.timeout_ms + grace_ms + o.settles_ms;
      if sup is not null then
        for x in c_first[sup]..c_last[sup] loop
          if c_sort[x] = 'peak' then continue; end if;
          z := c_ix[x];
          if z > 0 then m_reserved[z] := m_reserved[z] - c_amount[x]; m_moved[z] := true;
          else rr[-z] := rr[-z] - c_amount[x]; end if;
        end loop;
        for x in 1..coalesce(cardinality(l_name), 0) loop
          if l_run[x] = o.run_id and l_seq[x] = o.supersedes then l_run[x] := null; l_seq[x] := null; l_moved[x] := true; end if;
        end loop;
        r.open := array_remove(r.open, o.supersedes);
        r.doubts := array_remove(r.doubts, o.supersedes);
      end if;
      charges := '';
      for x in c_first[i]..c_last[i] loop
        z := c_ix[x];
        if z > 0 then
          if c_sort[x] <> 'peak' then m_reserved[z] := m_reserved[z] + c_amount[x]; m_moved[z] := true; end if;
          had := m_used[z]; val := m_reserved[z];
        else
          z := -z;
          if c_sort[x] <> 'peak' then rr[z] := rr[z] + c_amount[x]; end if;
          had := ru[z]; val := rr[z];
        end if;
        charges := charges || ',' || c_text[x] || ',"usedAfter":' || had || ',"reservedAfter":' || val || '}';
      end loop;
      r.reserved := rr;
      if o.locks is not null then
        for x in 1..cardinality(l_name) loop
          if l_tenant[x] = r.tenant and l_name[x] = any(o.locks) then
            l_run[x] := o.run_id; l_seq[x] := o.seq; l_moved[x] := true;
          end if;
        end loop;
      end if;
      facts := '{"step":' || to_json(o.step) || ',"attempt":' || o.attempt || coalesce(',"tool":' || to_json(o.tool), '')
        || ',"actsUntil":' || acts || ',"charges":[' || substr(charges, 2) || ']';
      extra := ',"actsUntil":' || acts;
      if e > 0 then
        e_state[e] := 'under_way'; e_attempt[e] := e_attempt[e] + 1; e_run[e] := o.run_id; e_seq[e] := o.seq;
        e_args[e] := o.effect_args; e_acts[e] := acts; e_moved[e] := true;
        facts := facts || ',"effect":{"tool":' || to_json(o.effect_tool) || ',"key":' || to_json(o.effect_key) || ',"args":'
          || to_json(o.effect_args) || ',"attempt":' || e_attempt[e]
          || case o.resend when 'early' then ',"resend":"early"}' else '}' end;
        extra := extra || ',"attempt":' || e_attempt[e];
      end if;
      if o.locks is not null then facts := facts || ',"locks":' || to_json(o.locks); end if;
      facts := facts || coalesce(',"supersedes":' || o.supersedes, '') || '}';
      r.open := r.open || o.seq;

    elsif o.kind = 'settle' then
      ref := o.ref;
      if src is null or not ref = any(r.open) then code := 'not_open'; exit work; end if;
      e := e_of[src];
      if e > 0 and e_run[e] = o.run_id and e_seq[e] = ref then
        if o.did = 'failed' then code := 'not_open';
        elsif e_state[e] = 'doubt' and (o.saw_attempt is distinct from e_attempt[e] or o.saw_evidence is distinct from e_evidence[e])
          then code := 'moved';
        end if;
        if code <> 'ok' then
          extra := ',"attempt":' || e_attempt[e] || ',"evidence":' || e_evidence[e] || ',"actsUntil":' || e_acts[e]
            || ',"holder":{"runId":' || to_json(e_run[e]) || ',"seq":' || e_seq[e] || '}';
          exit work;
        end if;
        if o.did = 'performed' then e_state[e] := 'performed'; e_seq[e] := o.seq; else e_state[e] := 'free'; end if;
        e_moved[e] := true;
      end if;
      if has_locks then
        for x in 1..cardinality(l_name) loop
          if l_run[x] = o.run_id and l_seq[x] = ref then l_run[x] := null; l_seq[x] := null; l_moved[x] := true; end if;
        end loop;
      end if;
      ru := r.used; rr := r.reserved; spent := ''; over := false; y := 0;
      for x in c_first[src]..c_last[src] loop
        y := y + 1; z := c_ix[x]; free := c_amount[x]; val := 0;
        if c_sort[x] <> 'level' then
          val := coalesce(o.used[y], free);
          over := over or val > free;
        end if;
        spent := spent || ',' || val;
        if z > 0 then
          m_moved[z] := true;
          if c_sort[x] = 'peak' then m_used[z] := greatest(m_used[z], val);
          else m_reserved[z] := m_reserved[z] - free; m_used[z] := m_used[z] + val; end if;
        else
          z := -z;
          if c_sort[x] = 'peak' then ru[z] := greatest(ru[z], val);
          else rr[z] := rr[z] - free; ru[z] := ru[z] + val; end if;
        end if;
      end loop;
      r.used := ru; r.reserved := rr;
      r.open := array_remove(r.open, ref);
      if ref = any(r.doubts) then r.doubts := array_remove(r.doubts, ref); end if;
      r.claims := 0;
      facts := '{"did":"' || o.did || '","used":[' || substr(spent, 2) || '],"overrun":' || over || '}';

    elsif o.kind = 'doubt' then
      ref := o.ref;
      if src is null or not ref = any(r.open) or ref = any(r.doubts) then code := 'not_open'; exit work; end if;
      e := e_of[src];
      if e > 0 and e_run[e] = o.run_id and e_seq[e] = ref then e_state[e] := 'doubt'; e_moved[e] := true; end if;
      r.doubts := r.doubts || ref;

    elsif o.kind = 'note' then
      if o.expires is not null then
        update escalation s set state = 'expired' where s.id = o.expires and s.run_id = o.run_id and s.state = 'open';
        if not found then code := 'not_open'; exit work; end if;
      end if;
      if o.count is not null then
        for word, val in select k.key, k.value::bigint from jsonb_each_text(o.count) k loop
          select array_position(p.meters, word) into z from pin p where p.pin_id = pins[ri];
          r.used[z] := r.used[z] + val;
        end loop;
        if o.count <> '{}' then
          select '{"count":{' || string_agg(to_json(k.key) || ':' || k.value, ',') || '}}' into facts from jsonb_each_text(o.count) k;
        end if;
      end if;

    elsif o.kind = 'audit' and r.state <> 'ended' or o.kind in ('park', 'end') and not r.open <@ r.doubts then
      code := 'not_open'; exit work;

    else
      -- park, end, audit: the run is given back.
      due := null;
      for item in select k from jsonb_array_elements(o.escalations) k loop
        due := least(due, ask(r.run_id, r.tenant, r.agent, item, at));
      end loop;
      if o.kind = 'park' then
        due := case when r.mail_head > o.mail_seen then at
          else least(due, r.deadline_at, coalesce(o.due_at, at + o.due_in_ms)) end;
        r.state := 'waiting'; r.waits := o.waits; r.claims := 0;
      elsif o.kind = 'end' then
        due := case when r.open = '{}' then null when r.mail_head > o.mail_seen then at else coalesce(o.due_at, at) end;
        r.state := 'ended'; r.waits := null; r.outcome := o.outcome; r.detail := o.detail; r.ended_at := at;
        facts := '"outcome":"' || o.outcome || '",';
      else
        due := case when r.open = '{}' then null when r.mail_head > o.mail_seen then at else least(due, o.due_at) end;
      end if;
      facts := '{' || trim(leading '{}' from facts) || coalesce('"mailSeen":' || o.mail_seen || ',', '')
        || '"dueAt":' || coalesce(due::text, 'null') || '}';
      r.mail_seen := coalesce(o.mail_seen, r.mail_seen);
      r.worker_id := null; r.due_at := due;
      if due <= at then perform pg_notify('midwatch_wake', 'due:' || r.queue); end if;
      if o.kind = 'end' then
        perform pg_notify('midwatch_wake', 'ended:' || r.run_id);
        if o.outcome = 'failed' then
          perform leave_notice('dead_letter', r.tenant, r.run_id, '{"detail":' || to_json(o.detail) || '}', at);
        end if;
        perform void_escalations(r.run_id, (
          select array_agg((s.effect).tool || chr(10) || (s.effect).args) from (
            select (jsonb_populate_record(null::begun, d.facts::jsonb)).effect from entry d
             where d.run_id = r.run_id and d.seq = any(r.open)
            union all
            select (jsonb_populate_record(null::begun, q.facts::jsonb)).effect
              from unnest(o_run, o_seq, w_facts) q(id, seq, facts) where q.id = r.run_id and q.seq = any(r.open)) s));
        if r.session is not null then
          update session s set active = null where s.tenant = r.tenant and s.session = r.session and s.active = r.run_id;
          if found then
            -- The next one is among the locked runs, unless it was taken meanwhile for its deadline's sake.
            y := null;
            for x in 1..cardinality(run_ids) loop
              if (runs[x]).session = r.session and (runs[x]).tenant = r.tenant and (runs[x]).state = 'queued'
                 and (y is null or (runs[x]).session_no < (runs[y]).session_no) then y := x; end if;
            end loop;
            if y is not null then
              runs[y].due_at := at; run_moved[y] := true;
              update session s set active = run_ids[y] where s.tenant = r.tenant and s.session = r.session;
              perform pg_notify('midwatch_wake', 'due:' || (runs[y]).queue);
            else
              perform next_of_session(r.tenant, r.session, run_ids, at);
            end if;
          end if;
        end if;
      end if;
    end if;

    w_facts[i] := facts;
    w_ref[i] := ref;
    w_hash[i] := entry_hash(r.head_hash, r.run_id, o.seq, o.kind, r.fence, at, epoch, ref, facts, digests[i]);
    r.head_seq := o.seq; r.head_hash := w_hash[i];
    runs[ri] := r; run_moved[ri] := true;
    end work;
    codes[i] := code;
    said[i] := '{"code":"' || code || '"' || extra || '}';
  end loop;

  insert into entry (run_id, seq, kind, fence, at, epoch, ref, facts, body, salt, digest, hash)
    select q.run_id, q.seq, q.kind, q.fence, at, epoch, q.ref, q.facts, q.body, q.salt, q.digest, q.hash
      from unnest(o_run, o_seq, o_kind, o_fence, o_salt, w_ref, w_facts, bodies, digests, w_hash)
        q(run_id, seq, kind, fence, salt, ref, facts, body, digest, hash)
     where q.hash is not null;
  if m_scope is not null and true = any(m_moved) then
    update meter t set used = u.used, reserved = u.reserved
      from unnest(m_scope, m_meter, m_per, m_win, m_used, m_reserved, m_moved) u(scope, meter, per, win, used, reserved, moved)
     where u.moved and t.scope = u.scope and t.meter = u.meter and t.per = u.per and t.win = u.win;
  end if;
  if e_key is not null and true = any(e_moved) then
    update effect t set state = u.state, attempt = u.attempt, evidence = u.evidence, run_id = u.run_id, seq = u.seq,
           args = u.args, acts_until = u.acts_until
      from unnest(e_tenant, e_tool, e_key, e_state, e_attempt, e_evidence, e_run, e_seq, e_args, e_acts, e_moved)
        u(tenant, tool, key, state, attempt, evidence, run_id, seq, args, acts_until, moved)
     where u.moved and t.tenant = u.tenant and t.tool = u.tool and t.key = u.key;
  end if;
  if has_locks and true = any(l_moved) then
    update tool_lock t set run_id = u.run_id, seq = u.seq
      from unnest(l_tenant, l_name, l_run, l_seq, l_moved) u(tenant, name, run_id, seq, moved)
     where u.moved and t.tenant = u.tenant and t.name = u.name;
  end if;
  update run t set pin_id = u.pin_id, ended_at = u.ended_at, state = u.state, waits = u.waits, outcome = u.outcome,
         detail = u.detail, worker_id = u.worker_id, due_at = u.due_at, claims = u.claims, mail_head = u.mail_head,
         mail_seen = u.mail_seen, head_seq = u.head_seq, head_hash = u.head_hash, open = u.open, doubts = u.doubts,
         used = u.used, reserved = u.reserved
    from unnest(runs) with ordinality u
   where run_moved[u.ordinality] and t.run_id = u.run_id;
  answers := '[' || array_to_string(said, ',') || ']';
end $$;
