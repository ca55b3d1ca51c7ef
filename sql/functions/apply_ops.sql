-- Works ops one by one, in order: the one authority on what is granted and what is refused. It works on arrays in memory;
-- what changed is written at the end, a statement a table. Everything that the ops may touch is locked by `apply`, so that all
-- is read as it will stay. `ids` are the batch's runs, which ops name by their places, `above` the runs above them; a `source` is where a begin is known
-- from: op i is source i, the k-th begin that was read from the journal is source n + k.
create or replace function midwatch.work_ops(
  at bigint, epoch bigint, any_switch boolean, barred text[], ops midwatch.op[], bodies text[], ids text[], next_runs text[],
  above text[], names text[], list_ids bigint[]) returns text[]
language plpgsql
as $$
#variable_conflict use_column
declare
  grace_ms constant bigint := 250;
  told_ms constant bigint := 3000;
  n constant int := cardinality(ops);
  n_names constant int := cardinality(names);
  o_run int[]; o_seq bigint[]; o_kind text[]; o_fence bigint[]; o_salt text[]; digests text[];
  has_effects boolean; has_locks boolean;
  -- Runs, by their place in `ids`; those behind them are the next ones of sessions and groups, and runs above. `r_scope` is
  -- there where one is above another: 'run:ID' of each. `up` is the run whose own meter is charged, null where it is this one.
  r_row tid[]; runs run[]; r_ix int[]; tenants text[]; pins bigint[]; workers bigint[]; live bigint[]; moved boolean[];
  others text[]; r_scope text[]; ups text[]; up int; runs_saved run[]; gone text;
  -- Places of the runs' own meters: one row of `n_names` for each pin, one behind the other.
  places int[]; pin_row int[];
  -- Begins that settles, doubts and successors of doubts refer to.
  begun begun[]; begun_of int[];
  -- Shared meters, by id; l_ix: from a place in the batch's list to one of them.
  m_id bigint[]; m_scope text[]; m_meter text[]; m_win bigint[]; m_used bigint[]; m_reserved bigint[];
  m_moved boolean[]; m_limit bigint[]; m_saved bigint[]; l_ix int[];
  -- Effect rows and tool locks.
  e_of int[]; e_row tid[]; e_tenant text[]; e_tool text[]; e_key text[]; e_state text[]; e_attempt int[]; e_evidence int[];
  e_run text[]; e_seq bigint[]; e_args text[]; e_acts bigint[]; e_undone int[]; e_acted text[]; e_moved boolean[];
  -- Keys that begins take back, by source: the effect row, and the attempt at it that this batch's begins saw.
  u_of int[]; u_attempt int[]; b_attempt int[]; undoing held_undo; heard record;
  l_tenant text[]; l_name text[]; l_run text[]; l_seq bigint[]; l_moved boolean[];
  -- Switches; breakers that are not closed, by key. `probe` is the round that a begin is a probe of.
  sw_scope text[]; sw_mode text[]; covers text[];
  k_key text[]; k_state text[]; k_revision bigint[]; k_until bigint[]; k_probes int[]; k_most int[];
  k_moved boolean[]; probe bigint;
  -- The op in hand: its run, its begin, its charges.
  o op; r run; b begun; id text; ru bigint[]; rr bigint[]; ri int; code text; extra text; facts text; ref bigint; src int;
  e int; u int; x int; y int; z int; had bigint; val bigint; lim bigint; amt bigint; acts bigint; due bigint; over boolean; base int;
  ixs bigint[]; sorts text[]; amounts bigint[]; maxes bigint[]; used bigint[]; sort text; word text; item jsonb;
  said_places text; said_windows text; said_used text; said_reserved text; pers text[]; twin record;
  srcs int[]; w_facts text[]; w_hash text[]; w_ref bigint[]; codes text[]; said text[];
begin
  select array_agg(p.run), array_agg(p.seq), array_agg(p.kind), array_agg(p.fence), array_agg(p.salt),
         bool_or(p.effect_key is not null), bool_or(p.locks is not null)
    into o_run, o_seq, o_kind, o_fence, o_salt, has_effects, has_locks
    from unnest(ops) p;
  select array_agg(encode(sha256(convert_to(salt || body, 'UTF8')), 'hex')) into digests from unnest(o_salt, bodies) u(salt, body);

  others := next_runs;
  if above is not null then
    others := others || array(select a.id from unnest(above) a(id) where not a.id = any(array(select ids[u.x] from unnest(o_run) u(x))));
  end if;
  select array_agg(z.row), array_agg(z.g), array_agg(z.i), array_agg((z.g).tenant), array_agg((z.g).pin_id), array_agg((z.g).worker_id)
    into r_row, runs, srcs, tenants, pins, workers
    from (select g.ctid as row, g, u.i::int i from unnest(ids || others) with ordinality u(id, i) join run g on g.run_id = u.id
           where u.i = any(o_run) or u.i > cardinality(ids)) z;
  -- r_ix: from a place in `ids` to one in `runs`; null where there is no such run.
  r_ix := array_fill(null::int, array[cardinality(ids || others)]);
  for x in 1..coalesce(cardinality(srcs), 0) loop r_ix[srcs[x]] := x; end loop;
  moved := array_fill(false, array[coalesce(cardinality(srcs), 0)]);
  if above is not null then r_scope := array(select 'run:' || g.run_id from unnest(runs) with ordinality g order by g.ordinality); end if;
  live := array(select w.worker_id from worker w where w.worker_id = any(workers) and w.lease_until > at);

  begun_of := array_fill(null::int, array[n]);
  select array_agg(json_populate_record(null::begun, d.facts::json)), array_agg(q.i)
    into begun, srcs
    from (select u.ordinality::int i, ids[u.run] id, coalesce(u.ref, u.supersedes) seq from unnest(ops) with ordinality u) q
    join entry d on d.run_id = q.id and d.seq = q.seq and d.kind = 'begin';
  for x in 1..coalesce(cardinality(begun), 0) loop
    begun_of[srcs[x]] := n + x;
    if (begun[x].effect).key is not null then has_effects := true; end if;
    if begun[x].locks is not null then has_locks := true; end if;
  end loop;

  -- Effect rows; e_of: from a source to its row.
  e_of := array_fill(0, array[n + coalesce(cardinality(begun), 0)]);
  u_of := e_of; u_attempt := e_of; b_attempt := e_of;
  if has_effects then
    select array_agg(z.src), array_agg(z.ix), array_agg(z.tenant), array_agg(z.tool), array_agg(z.key)
      into srcs, ixs, e_tenant, e_tool, e_key from (
      select k.*, dense_rank() over (order by k.tenant collate "C", k.tool collate "C", k.key collate "C")::int ix from (
        select tenants[r_ix[q.run]] tenant, q.effect_tool tool, q.effect_key key, q.ordinality::int src
          from unnest(ops) with ordinality q where q.effect_key is not null and r_ix[q.run] is not null
        union all
        select tenants[r_ix[o_run[f.i]]], (begun[f.src - n].effect).tool, (begun[f.src - n].effect).key, f.src
          from unnest(begun_of) with ordinality f(src, i) where (begun[f.src - n].effect).key is not null
        union all
        select tenants[r_ix[q.run]], q.undoes_tool, q.undoes_key, -q.ordinality::int
          from unnest(ops) with ordinality q where q.undoes_key is not null and r_ix[q.run] is not null
        union all
        select tenants[r_ix[o_run[f.i]]], (((begun[f.src - n]).effect).undoes).tool, (((begun[f.src - n]).effect).undoes).key, -f.src
          from unnest(begun_of) with ordinality f(src, i) where (((begun[f.src - n]).effect).undoes).key is not null) k
      order by ix) z;
    for x in 1..coalesce(cardinality(srcs), 0) loop
      if srcs[x] > 0 then e_of[srcs[x]] := ixs[x]; else u_of[-srcs[x]] := ixs[x]; end if;
    end loop;
    select array_agg(z.ctid), array_agg(z.state), array_agg(z.attempt), array_agg(z.evidence), array_agg(z.run_id),
           array_agg(z.seq), array_agg(z.args), array_agg(z.acts_until),
           array_agg(z.undone), array_agg(z.acted)
      into e_row, e_state, e_attempt, e_evidence, e_run, e_seq, e_args, e_acts, e_undone, e_acted
      from (select f.ctid, f.* from (select distinct u.* from unnest(e_tenant, e_tool, e_key) u(tenant, tool, key)) k
              join effect f on f.tenant = k.tenant and f.tool = k.tool and f.key = k.key
             order by f.tenant, f.tool, f.key) z;
    e_moved := array_fill(false, array[coalesce(cardinality(e_row), 0)]);
  end if;

  if has_locks then
    select array_agg(t.tenant), array_agg(t.name), array_agg(t.run_id), array_agg(t.seq) into l_tenant, l_name, l_run, l_seq
      from (select distinct z.tenant collate "C" tenant, z.name collate "C" as name from (
              select tenants[r_ix[q.run]] tenant, unnest(q.locks) as name from unnest(ops) q
              union all
              select tenants[r_ix[o_run[f.i]]], unnest(begun[f.src - n].locks) from unnest(begun_of) with ordinality f(src, i)) z
           ) k
      join tool_lock t on t.tenant = k.tenant and t.name = k.name;
    l_moved := array_fill(false, array[coalesce(cardinality(l_name), 0)]);
    has_locks := l_name is not null;
  end if;

  -- Places of the runs' own meters. Names that no admission named get their columns: the run is widened.
  if n_names > 0 then
    select array_agg(array_position(p.meters, v.name) order by q.i, v.i), array_agg(distinct q.pin_id)
      into places, srcs
      from (select u.pin_id, row_number() over (order by u.pin_id) i from (select distinct unnest(pins) pin_id) u) q
      join pin p on p.pin_id = q.pin_id cross join unnest(names) with ordinality v(name, i);
    if array_position(places, null) is not null then
      for x, item in
        select k.x, jsonb_agg(distinct names[k.place]) from unnest(ops) q
         cross join lateral (
           select case when u.up like 'run:%' then array_position(r_scope, u.up) else r_ix[q.run] end x, -u.ix place
             from unnest(q.ix, q.up) u(ix, up)
            where u.ix < 0 and (u.up like 'run:%' is not true or substr(u.up, 5) = any((runs[r_ix[q.run]]).ancestors))
           union select r_ix[q.run], v.i from jsonb_object_keys(q.count) c join unnest(names) with ordinality v(name, i) on v.name = c) k
          join pin p on p.pin_id = pins[k.x]
         where k.x is not null and not names[k.place] = any(p.meters)
         group by k.x
      loop
        r := widened(runs[x], item::json);
        runs[x] := r; pins[x] := r.pin_id; moved[x] := true;
      end loop;
      select array_agg(array_position(p.meters, v.name) order by q.i, v.i), array_agg(distinct q.pin_id)
        into places, srcs
        from (select u.pin_id, row_number() over (order by u.pin_id) i from (select distinct unnest(pins) pin_id) u) q
        join pin p on p.pin_id = q.pin_id cross join unnest(names) with ordinality v(name, i);
    end if;
    pin_row := array_fill(0, array[coalesce(cardinality(pins), 0)]);
    for x in 1..coalesce(cardinality(pins), 0) loop pin_row[x] := (array_position(srcs, pins[x]::int) - 1) * n_names; end loop;
  end if;

  -- Shared meters: those of the batch's list, and those that the begins hold.
  if list_ids is not null or begun is not null then
    select array_agg(t.id), array_agg(t.scope), array_agg(t.meter), array_agg(t.win), array_agg(t.used), array_agg(t.reserved),
           array_agg(k.max), array_agg(false)
      into m_id, m_scope, m_meter, m_win, m_used, m_reserved, m_limit, m_moved
      from meter t left join ceiling k on k.scope = t.scope and k.meter = t.meter and k.per = t.per
     where t.id = any(list_ids || array(
       select distinct -p from unnest(begun) f cross join lateral unnest((f.charges).place) p where p < 0));
    l_ix := array(select array_position(m_id, k.id) from unnest(list_ids) with ordinality k(id, no) order by k.no);
  end if;
  if any_switch then
    select array_agg(s.scope order by s.mode, s.scope), array_agg(s.mode order by s.mode, s.scope) into sw_scope, sw_mode
      from switch s where s.engaged and s.scope in (
        select unnest(scopes_of(g)) from unnest(runs) g
        union select 'tool:' || q.tool from unnest(ops) q where q.tool is not null);
  end if;
  if barred <> '{}' then
    select array_agg(k.key), array_agg(k.state), array_agg(k.revision), array_agg(k.until), array_agg(k.probes),
           array_agg(k.probes_most), array_agg(false)
      into k_key, k_state, k_revision, k_until, k_probes, k_most, k_moved from breaker k where k.key = any(barred);
  end if;

  codes := array_fill(null::text, array[n]); said := codes; w_facts := codes; w_hash := codes;
  w_ref := array_fill(null::bigint, array[n]);
  for i in 1..n loop
    o := ops[i]; code := 'ok'; extra := ''; facts := '{}'; ref := null; probe := null;
    id := ids[o.run]; ri := r_ix[o.run];
    src := begun_of[i];
    if src is null and coalesce(o.ref, o.supersedes) is not null then
      -- Perhaps the begin is of this very batch.
      for x in 1..i - 1 loop
        if o_run[x] = o.run and o_seq[x] = coalesce(o.ref, o.supersedes) and o_kind[x] = 'begin' and codes[x] = 'ok' then
          src := x;
        end if;
      end loop;
    end if;

    <<work>> begin
    if ri is null then code := 'no_run'; exit work; end if;
    r := runs[ri];

    -- The fence before the twin: else a stale worker hears "already there" and acts.
    if o.fence <> r.fence or not (r.state = 'running' or (r.state = 'ended' and r.worker_id is not null)) then
      code := 'fenced';
      if o.kind = 'settle' and src is not null then
        insert into evidence (run_id, no, ref, fence, did, body, digest, at)
          values (id, (select coalesce(max(v.no), 0) + 1 from evidence v where v.run_id = id),
            o.ref, o.fence, o.did, bodies[i], digests[i], at)
        on conflict (run_id, ref, digest) do nothing;
        if found then
          e := e_of[src];
          if e > 0 then
            -- It bears on the row that still tells of this attempt; that it acted bears on whatever came after it.
            over := e_run[e] = id and e_seq[e] = o.ref;
            if o.did = 'performed' then
              word := case when src > n then ((begun[src - n]).effect).args else (ops[src]).effect_args end;
              select * into heard from heard_of(e_state[e], e_undone[e], e_acted[e],
                case when src > n then ((begun[src - n]).effect).attempt else b_attempt[src] end, id, o.ref, word);
              if heard.state is not null then
                if e_state[e] = 'free' then e_run[e] := id; e_seq[e] := o.ref; e_args[e] := word; end if;
                e_state[e] := heard.state; e_acted[e] := heard.acted; over := true;
              end if;
            end if;
            if over then e_evidence[e] := e_evidence[e] + 1; e_moved[e] := true; end if;
          end if;
          r.mail_head := r.mail_head + 1;
          insert into mail (run_id, no, kind, body, at) values (id, r.mail_head, 'evidence', '{"ref":' || o.ref || '}', at);
          if r.state = 'waiting' or (r.state = 'ended' and r.worker_id is null and r.open <> '{}') then
            r.due_at := at;
            perform pg_notify('midwatch_wake', 'due:' || r.queue);
          end if;
          runs[ri] := r; moved[ri] := true;
        end if;
      end if;
      exit work;
    end if;

    if o.seq <> r.head_seq + 1 then
      code := 'head_moved';
      select d.kind, encode(d.digest, 'hex') as digest, d.facts into twin from entry d where d.run_id = id and d.seq = o.seq;
      if not found then
        for x in 1..i - 1 loop
          if o_run[x] = o.run and o_seq[x] = o.seq and codes[x] = 'ok' then
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
            extra := ',"actsUntil":' || (item ->> 'actsUntil') || coalesce(',"attempt":' || (item -> 'effect' ->> 'attempt'), '')
              || coalesce(',"probe":' || (item -> 'probe' ->> 'revision'), '');
          end if;
        end if;
      end if;
      exit work;
    end if;
    if r.state = 'ended' and o.kind not in ('settle', 'audit') then code := 'ended'; exit work; end if;

    if o.kind = 'begin' then
      if not r.worker_id = any(live) then code := 'lease_lost'; exit work; end if;
      if r.ancestors is not null then
        -- What has ended above ends for good whatever is below it.
        foreach gone in array r.ancestors loop
          if (runs[array_position(r_scope, 'run:' || gone)]).state = 'ended' then
            code := 'switched'; extra := ',"scope":' || to_json('run:' || gone) || ',"mode":"end"';
            exit work;
          end if;
        end loop;
      end if;
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
      e := e_of[i];
      if o.supersedes is not null
         and (src is null or e = 0 or e_of[src] <> e or not o.supersedes = any(r.doubts)) then code := 'not_open'; exit work; end if;
      if e > 0 then
        if e_state[e] = 'free' then
          if o.saw_attempt is not null then code := 'moved'; end if;
        elsif e_args[e] <> o.effect_args then code := 'key_conflict';
        elsif e_state[e] <> 'doubt' then code := e_state[e];
        elsif e_acted[e] is not null then
          -- Nothing that surely acted is sent again: its owner settles it, others are given what it did.
          code := case when e_run[e] = id then 'moved' else 'performed' end;
        elsif o.saw_attempt is null then code := 'in_doubt';
        elsif o.saw_attempt <> e_attempt[e] or o.saw_evidence is distinct from e_evidence[e] then code := 'moved';
        elsif o.resend is distinct from 'early' and at < e_acts[e] then code := 'in_doubt';
        elsif e_run[e] = id then
          if e_seq[e] is distinct from o.supersedes then code := 'in_doubt'; end if;
        else
          -- Another run's doubt: adopted once that run has ended, which it does but once.
          x := r_ix[array_position(ids, e_run[e])];
          if x is not null then word := (runs[x]).state;
          else select g.state into word from run g where g.run_id = e_run[e]; end if;
          if word is distinct from 'ended' then code := 'in_doubt'; end if;
        end if;
        if code <> 'ok' then
          if e_attempt[e] > 0 then
            item := case when code = 'performed' then e_acted[e]::jsonb end;
            extra := ',"holder":{"runId":' || coalesce((item -> 'runId')::text, to_json(e_run[e])::text) || ',"seq":'
              || coalesce(item ->> 'seq', e_seq[e]::text) || '},"actsUntil":' || e_acts[e]
              || ',"attempt":' || e_attempt[e] || ',"evidence":' || e_evidence[e];
          end if;
          exit work;
        end if;
      end if;
      -- What is to be taken back must be known: not while an attempt at it is open.
      u := u_of[i];
      if u > 0 and e_state[u] in ('under_way', 'doubt') then
        code := 'locked';
        extra := ',"lock":' || to_json('undoes:' || o.undoes_tool) || ',"holder":{"runId":' || to_json(e_run[u]) || ',"seq":' || e_seq[u] || '}';
        exit work;
      end if;
      if o.undoes_attempt is not null and o.saw_attempt is null
         and (e_state[u] = 'performed' and e_attempt[u] = o.undoes_attempt) is not true then
        code := 'gone'; exit work;
      end if;
      if o.locks is not null then
        foreach word in array o.locks loop
          y := 0;
          for x in 1..cardinality(l_name) loop
            if l_name[x] = word and l_tenant[x] = r.tenant then y := x; exit; end if;
          end loop;
          if l_run[y] is not null and not (l_run[y] = id and l_seq[y] is not distinct from o.supersedes) then
            code := 'locked';
            extra := ',"lock":' || to_json(word) || ',"holder":{"runId":' || to_json(l_run[y]) || ',"seq":' || l_seq[y] || '}';
            exit work;
          end if;
        end loop;
      end if;

      -- Answers are given under the lock of the run, which is held here.
      if o.approval is not null and not exists (
        select from escalation s
         where s.id = o.approval and s.run_id = r.run_id and s.kind = 'approval' and s.decision = 'approve' and s.tool = o.tool
           and coalesce(s.version = (select p.version from pin p where p.pin_id = r.pin_id), true)
           and coalesce(s.used_by, o.step) = o.step
           and o.approval_args = coalesce(encode(sha256(convert_to(s.result, 'UTF8')), 'hex'), s.args)
           and coalesce(o.effect_args, o.approval_args) = o.approval_args
           and (s.people = 1 or s.result is null and s.first_by is not null)) then
        code := 'unapproved'; exit work;
      end if;

      -- Meters above are those of runs above.
      ups := o.up;
      if ups is not null and exists (
        select from unnest(ups) u(scope) where u.scope like 'run:%' and substr(u.scope, 5) = any(r.ancestors) is not true) then
        code := 'no_run'; exit work;
      end if;
      runs_saved := case when r_scope is not null then runs end;

      -- Room. The superseded begin gives back first; then charge by charge, so that two on one row add up. Refused, all of it
      -- is forgotten: the run's arrays are copies, the shared ones are put back.
      rr := r.reserved;
      m_saved := m_reserved;
      if o.supersedes is not null then
        if src > n then
          b := begun[src - n]; amounts := (b.charges).amount; sorts := (b.charges).kind; ixs := (b.charges).place;
          ups := (b.charges).scope;
        else amounts := ops[src].amount; sorts := ops[src].sort; ixs := ops[src].ix; ups := ops[src].up; end if;
        for k in 1..coalesce(cardinality(amounts), 0) loop
          up := case when r_scope is not null and ups[k] like 'run:%' then array_position(r_scope, ups[k]) end;
          if src > n then
            y := case when ixs[k] > 0 then ixs[k] else -array_position(m_id, -ixs[k]) end;
          elsif ixs[k] > 0 then y := -l_ix[ixs[k]];
          else y := places[pin_row[coalesce(up, ri)] - ixs[k]]; end if;
          if sorts[k] = 'peak' then null;
          elsif up is not null then
            runs[up].reserved[y] := (runs[up]).reserved[y] - amounts[k]; moved[up] := true;
          elsif y > 0 then rr[y] := rr[y] - amounts[k];
          else m_reserved[-y] := m_reserved[-y] - amounts[k]; m_moved[-y] := true; end if;
        end loop;
      end if;
      said_places := ''; said_windows := ''; said_used := ''; said_reserved := ''; pers := null;
      if o.ix is not null then
        ru := r.used; ixs := o.ix; sorts := o.sort; pers := o.per; amounts := o.amount; maxes := o.max; base := pin_row[ri];
        ups := o.up; up := null;
        for k in 1..cardinality(ixs) loop
          z := ixs[k]; amt := amounts[k]; lim := maxes[k]; sort := sorts[k];
          if z < 0 then
            if ups is not null then up := case when ups[k] <> '' then array_position(r_scope, ups[k]) end; end if;
            if up is null then z := places[base - z]; had := ru[z]; val := rr[z];
            else z := places[pin_row[up] - z]; had := (runs[up]).used[z]; val := (runs[up]).reserved[z]; end if;
            said_places := said_places || ',' || z;
            if pers is not null then said_windows := said_windows || ',' || window_start(pers[k], at); end if;
          else
            z := l_ix[z]; had := m_used[z]; val := m_reserved[z]; lim := least(lim, m_limit[z]);
            said_places := said_places || ',' || -m_id[z]; said_windows := said_windows || ',' || m_win[z];
          end if;
          if lim is not null then
            over := amt > lim;
            if sort is distinct from 'peak' then over := had + val + amt > lim; end if;
            if over then
              y := ixs[k];
              code := 'ceiling';
              extra := ',"meter":{"scope":' || case when y > 0 then to_json(m_scope[z]) else to_json(coalesce(r_scope[up], '')) end || ',"meter":'
                || to_json(case when y > 0 then m_meter[z] else names[-y] end) || ',"per":"' || coalesce(pers[k], 'total') || '","used":' || had
                || ',"reserved":' || val || ',"amount":' || amt || ',"limit":' || lim || ',"opensAt":'
                || coalesce(window_end(coalesce(pers[k], 'total'), at)::text, 'null') || '}';
              m_reserved := m_saved; runs := coalesce(runs_saved, runs);
              exit work;
            end if;
          end if;
          if sort is distinct from 'peak' then
            val := val + amt;
            if ixs[k] < 0 then
              if up is null then rr[z] := val; else runs[up].reserved[z] := val; moved[up] := true; end if;
            else m_reserved[z] := val; m_moved[z] := true; end if;
          end if;
          said_used := said_used || ',' || had; said_reserved := said_reserved || ',' || val;
        end loop;
      end if;
      acts := at + o.timeout_ms + grace_ms + o.settles_ms;
      x := array_position(k_key, o.breaker);
      if x is not null then
        if k_state[x] = 'isolated' or k_until[x] > at and (k_state[x] = 'open' or k_probes[x] = 0) then
          code := 'breaker_open'; m_reserved := m_saved; runs := coalesce(runs_saved, runs);
          extra := concat(',"breaker":{"key":', to_json(o.breaker), ',"state":"', k_state[x], '","until":', coalesce(k_until[x]::text, 'null'), '}');
          exit work;
        end if;
        -- A probe. The cool-down is over, or those of the last round were never heard of: another round begins.
        if k_state[x] = 'open' or k_probes[x] = 0 then
          k_revision[x] := k_revision[x] + 1; k_probes[x] := k_most[x];
          insert into breaker_move (key, revision, was, state, at, set_by)
            values (o.breaker, k_revision[x], k_state[x], 'half_open', at, 'fleet');
          k_state[x] := 'half_open'; k_until[x] := at;
        end if;
        -- Whatever becomes of it, the round is not over before it can no longer be acting, and was told of.
        k_until[x] := greatest(k_until[x], acts + told_ms); k_probes[x] := k_probes[x] - 1; k_moved[x] := true;
        probe := k_revision[x];
      end if;

      -- Granted.
      r.reserved := rr;
      if o.approval is not null then
        update escalation s set used_by = o.step where s.id = o.approval and s.used_by is null;
      end if;
      if o.supersedes is not null then
        if has_locks then
          for x in 1..cardinality(l_name) loop
            if l_run[x] = id and l_seq[x] = o.supersedes then l_run[x] := null; l_seq[x] := null; l_moved[x] := true; end if;
          end loop;
        end if;
        r.open := array_remove(r.open, o.supersedes);
        r.doubts := array_remove(r.doubts, o.supersedes);
      end if;
      if o.locks is not null then
        for x in 1..cardinality(l_name) loop
          if l_tenant[x] = r.tenant and l_name[x] = any(o.locks) then
            l_run[x] := id; l_seq[x] := o.seq; l_moved[x] := true;
          end if;
        end loop;
      end if;
      facts := concat('{"step":', to_json(o.step), ',"attempt":', o.attempt, ',"tool":' || to_json(o.tool),
        ',"actsUntil":', acts, ',"charges":{');
      if o.words is not null then
        facts := concat(facts, o.words, case when pers is not null then concat(',"window":[', substr(said_windows, 2), ']') end,
          ',"place":[', substr(said_places, 2), '],"usedAfter":[', substr(said_used, 2), '],"reservedAfter":[',
          substr(said_reserved, 2), ']}');
      else facts := facts || '}'; end if;
      extra := ',"actsUntil":' || acts;
      if e > 0 then
        if u > 0 then
          -- A doubt that is sent again takes back what it had seen first: the attempt before it may have acted then.
          undoing := null;
          if e_state[e] = 'doubt' then
            select q.* into undoing
              from entry d cross join lateral (select (((json_populate_record(null::begun, d.facts::json)).effect).undoes).*) q
             where d.run_id = e_run[e] and d.seq = e_seq[e];
            if not found then
              -- It was begun in this very batch.
              for x in 1..i - 1 loop
                if ids[o_run[x]] = e_run[e] and o_seq[x] = e_seq[e] and codes[x] = 'ok' then
                  undoing := ((ops[x]).undoes_tool, (ops[x]).undoes_key, u_attempt[x]);
                end if;
              end loop;
            end if;
            if undoing.tool is distinct from o.undoes_tool or undoing.key is distinct from o.undoes_key then undoing := null; end if;
          elsif e_state[u] = 'performed' then undoing.attempt := e_attempt[u]; end if;
          u_attempt[i] := coalesce(undoing.attempt, 0);
        end if;
        e_state[e] := 'under_way'; e_attempt[e] := e_attempt[e] + 1; e_run[e] := id; e_seq[e] := o.seq;
        e_args[e] := o.effect_args; e_acts[e] := acts; e_moved[e] := true; b_attempt[i] := e_attempt[e];
        facts := concat(facts, ',"effect":{"tool":', to_json(o.effect_tool), ',"key":', to_json(o.effect_key), ',"args":',
          to_json(o.effect_args), ',"attempt":', e_attempt[e], case o.resend when 'early' then ',"resend":"early"' end,
          case when u > 0 then concat(',"undoes":{"tool":', to_json(o.undoes_tool), ',"key":', to_json(o.undoes_key),
            ',"attempt":', u_attempt[i], '}') end, '}');
        extra := extra || ',"attempt":' || e_attempt[e];
      end if;
      if o.locks is not null then facts := facts || ',"locks":' || to_json(o.locks); end if;
      facts := facts || coalesce(',"supersedes":' || o.supersedes, '') || coalesce(',"approval":' || to_json(o.approval), '');
      if probe is not null then
        facts := concat(facts, ',"probe":{"key":', to_json(o.breaker), ',"revision":', probe, '}');
        extra := extra || ',"probe":' || probe;
      end if;
      facts := facts || '}';
      r.open := r.open || o.seq;

    elsif o.kind = 'settle' then
      ref := o.ref;
      if src is null or not ref = any(r.open) then code := 'not_open'; exit work; end if;
      e := e_of[src];
      if e > 0 and e_run[e] = id and e_seq[e] = ref then
        if o.did = 'failed' then code := 'not_open';
        elsif e_state[e] = 'doubt' and (o.saw_attempt is distinct from e_attempt[e] or o.saw_evidence is distinct from e_evidence[e])
          then code := 'moved';
        end if;
        if code <> 'ok' then
          extra := ',"attempt":' || e_attempt[e] || ',"evidence":' || e_evidence[e] || ',"actsUntil":' || e_acts[e]
            || ',"holder":{"runId":' || to_json(e_run[e]) || ',"seq":' || e_seq[e] || '}';
          exit work;
        end if;
        if o.did = 'performed' then e_state[e] := 'performed'; e_seq[e] := o.seq; e_acted[e] := null;
        elsif e_acted[e] is null then e_state[e] := 'free';
        else
          -- An earlier attempt is known to have acted: the key is its.
          item := e_acted[e]::jsonb;
          e_state[e] := 'performed'; e_run[e] := item ->> 'runId'; e_seq[e] := (item ->> 'seq')::bigint;
          e_args[e] := item ->> 'args'; e_acted[e] := null;
        end if;
        e_moved[e] := true;
      elsif e > 0 and o.did = 'performed' then
        -- The doubt was adopted, yet its first owner knows now that it acted.
        word := case when src > n then ((begun[src - n]).effect).args else (ops[src]).effect_args end;
        select * into heard from heard_of(e_state[e], e_undone[e], e_acted[e],
          case when src > n then ((begun[src - n]).effect).attempt else b_attempt[src] end, id, o.seq, word);
        if heard.state is not null then
          if e_state[e] = 'free' then e_run[e] := id; e_seq[e] := o.seq; e_args[e] := word; end if;
          e_state[e] := heard.state; e_acted[e] := heard.acted; e_evidence[e] := e_evidence[e] + 1; e_moved[e] := true;
        end if;
      end if;
      u := u_of[src];
      undoing := null;
      if u > 0 and o.did = 'performed' then
        y := case when src > n then (((begun[src - n]).effect).undoes).attempt else u_attempt[src] end;
        if e_state[u] = 'performed' and e_attempt[u] = y then
          e_state[u] := 'free'; e_undone[u] := y; e_moved[u] := true;
          if src > n then
            undoing := ((((begun[src - n]).effect).undoes).tool, (((begun[src - n]).effect).undoes).key, y);
          else undoing := ((ops[src]).undoes_tool, (ops[src]).undoes_key, y); end if;
        end if;
      end if;
      if has_locks then
        for x in 1..cardinality(l_name) loop
          if l_run[x] = id and l_seq[x] = ref then l_run[x] := null; l_seq[x] := null; l_moved[x] := true; end if;
        end loop;
      end if;
      ru := r.used; rr := r.reserved; used := o.used; said_used := ''; over := false;
      if src > n then
        b := begun[src - n]; amounts := (b.charges).amount; sorts := (b.charges).kind; ixs := (b.charges).place;
        ups := (b.charges).scope;
      else amounts := ops[src].amount; sorts := ops[src].sort; ixs := ops[src].ix; ups := ops[src].up; end if;
      for k in 1..coalesce(cardinality(amounts), 0) loop
        -- y > 0: a place of a run's own; y < 0: one of the shared.
        up := case when r_scope is not null and ups[k] like 'run:%' then array_position(r_scope, ups[k]) end;
        if src > n then
          y := case when ixs[k] > 0 then ixs[k] else -array_position(m_id, -ixs[k]) end;
        elsif ixs[k] > 0 then y := -l_ix[ixs[k]];
        else y := places[pin_row[coalesce(up, ri)] - ixs[k]]; end if;
        amt := amounts[k]; sort := sorts[k]; val := 0;
        if sort is distinct from 'level' then
          val := coalesce(used[k], amt);
          if val > amt then over := true; end if;
        end if;
        said_used := said_used || ',' || val;
        if up is not null then
          if sort = 'peak' then runs[up].used[y] := greatest((runs[up]).used[y], val);
          else runs[up].reserved[y] := (runs[up]).reserved[y] - amt; runs[up].used[y] := (runs[up]).used[y] + val; end if;
          moved[up] := true;
        elsif y > 0 then
          if sort = 'peak' then ru[y] := greatest(ru[y], val);
          else rr[y] := rr[y] - amt; ru[y] := ru[y] + val; end if;
        else
          y := -y; m_moved[y] := true;
          if sort = 'peak' then m_used[y] := greatest(m_used[y], val);
          else m_reserved[y] := m_reserved[y] - amt; m_used[y] := m_used[y] + val; end if;
        end if;
      end loop;
      r.used := ru; r.reserved := rr;
      r.open := array_remove(r.open, ref);
      if ref = any(r.doubts) then r.doubts := array_remove(r.doubts, ref); end if;
      r.claims := 0;
      facts := '{"did":"' || o.did || '","used":[' || substr(said_used, 2) || '],"overrun":' || over || case
        when undoing.key is null then '}' else ',"undid":' || row_to_json(undoing) || '}' end;

    elsif o.kind = 'doubt' then
      ref := o.ref;
      if src is null or not ref = any(r.open) or ref = any(r.doubts) then code := 'not_open'; exit work; end if;
      e := e_of[src];
      if e > 0 and e_run[e] = id and e_seq[e] = ref then e_state[e] := 'doubt'; e_moved[e] := true; end if;
      r.doubts := r.doubts || ref;

    elsif o.kind = 'note' then
      -- All that may refuse it comes before all that it does.
      if o.state_text is not null and not may_write_state(r) or o.expires is not null and not exists (
        select from escalation s where s.id = o.expires and s.run_id = r.run_id and s.state = 'open') then
        code := 'not_open'; exit work;
      end if;
      if o.absorbs is not null then
        select t.runs, t.code, t.extra, t.taken into runs, code, extra, srcs
          from take_in(r, o.absorbs, sw_scope, sw_mode, at, epoch, runs) t;
        if code <> 'ok' then exit work; end if;
        foreach x in array srcs loop moved[x] := true; end loop;
      end if;
      if o.expires is not null then
        update escalation s set state = 'expired' where s.id = o.expires;
      end if;
      for item in select k from jsonb_array_elements(o.escalations) k loop
        perform ask(r.run_id, r.tenant, r.agent, item, at);
      end loop;
      if o.count <> '{}' then
        ru := r.used;
        for word, val in select k.key, k.value::bigint from jsonb_each_text(o.count) k loop
          z := places[pin_row[ri] + array_position(names, word)];
          ru[z] := ru[z] + val;
        end loop;
        r.used := ru;
        select '{"count":{' || string_agg(to_json(k.key) || ':' || k.value, ',') || '}}' into facts from jsonb_each_text(o.count) k;
      end if;
      if o.absorbs is not null then facts := with_fact(facts, '"absorbs":' || to_json(o.absorbs)); end if;
      if o.state_text is not null then facts := with_fact(facts, write_state(r, o.state_version, o.state_text)); end if;

    elsif o.kind = 'audit' and r.state <> 'ended' or o.kind in ('park', 'end') and not r.open <@ r.doubts
       or o.state_text is not null and not may_write_state(r) then
      code := 'not_open'; exit work;

    elsif (case when o.next is null then false else not go_on(r, o.next, at, epoch) end) then
      code := 'key_conflict'; exit work;

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
        r.state := 'ended'; r.waits := null; r.outcome := o.outcome; r.detail := o.detail; r.owner := o.owner; r.ended_at := at;
        facts := '"outcome":"' || o.outcome || '",';
      else
        due := case when r.open = '{}' then null when r.mail_head > o.mail_seen then at
          else coalesce(least(due, o.due_at), at) end;
      end if;
      facts := '{' || trim(leading '{}' from facts) || coalesce('"mailSeen":' || o.mail_seen || ',', '')
        || '"dueAt":' || coalesce(due::text, 'null') || coalesce(',"next":' || to_json(o.next ->> 'runId'), '') || '}';
      if o.state_text is not null then facts := with_fact(facts, write_state(r, o.state_version, o.state_text)); end if;
      r.mail_seen := coalesce(o.mail_seen, r.mail_seen);
      r.worker_id := null; r.due_at := due;
      if due <= at then perform pg_notify('midwatch_wake', 'due:' || r.queue); end if;
      if o.kind = 'end' then
        perform pg_notify('midwatch_wake', 'ended:' || r.run_id);
        if o.scores is not null then perform keep_scores(r, o.scores, at); end if;
        if o.outcome = 'failed' then
          perform leave_notice('dead_letter', r.tenant, r.run_id, '{"detail":' || to_json(o.detail) || '}', at);
        end if;
        perform void_escalations(r.run_id, (
          select array_agg((s.effect).tool || chr(10) || (s.effect).args) from (
            select (jsonb_populate_record(null::begun, d.facts::jsonb)).effect from entry d
             where d.run_id = id and d.seq = any(r.open)
            union all
            select (jsonb_populate_record(null::begun, q.facts::jsonb)).effect
              from unnest(o_run, o_seq, w_facts) q(run, seq, facts) where q.run = o.run and q.seq = any(r.open)) s));
        if r.session is not null then
          select t.runs, t.taken into runs, srcs
            from end_taken_in(r, o.next ->> 'runId', bodies[i], o.salt, digests[i], at, epoch, runs) t;
          foreach x in array srcs loop moved[x] := true; end loop;
          update session s set active = null, last_at = case when s.active = r.run_id then at else s.last_at end
           where s.tenant = r.tenant and s.session = r.session and (s.active is null or s.active = r.run_id) and o.next is null;
          if found then
            -- The next one is among the locked runs. One that a claim took ahead of its turn, for its deadline or a kill, is
            -- waited for: it has the turn until it has ended.
            y := null;
            for x in 1..cardinality(runs) loop
              if x <> ri and (runs[x]).session = r.session and (runs[x]).tenant = r.tenant and (runs[x]).state <> 'ended'
                 and (runs[x]).worked_by is null and (y is null or (runs[x]).session_no < (runs[y]).session_no) then y := x; end if;
            end loop;
            if y is null then
              perform next_of_session(r.tenant, r.session, ids || others, at);
            elsif give_turn(runs[y], at) and (runs[y]).state = 'queued' and (runs[y]).behind is not true then
              runs[y].due_at := at; moved[y] := true;
              perform pg_notify('midwatch_wake', 'due:' || (runs[y]).queue);
            end if;
          end if;
        end if;
        if o.next is not null then
          r.continued_as := o.next ->> 'runId'; r.behind := null;
        elsif r.parent is not null then
          word := null;
          if r.group_no is null then word := '{"child":' || to_json(coalesce(r.first, r.run_id)) || ',"step":' || to_json(r.step) || '}';
          else
            -- One that was claimed ahead of its turn, for its deadline or a kill, held no place.
            update child_group c set ended = c.ended + 1, working = c.working - (r.behind is not true)::int
             where c.run_id = r.parent and c.step = r.step
            returning c.at_once - c.working, c.ended = c.total into z, over;
            r.behind := null;
            if over then word := '{"group":' || to_json(r.step) || '}'; end if;
            base := 0;
            while base < z loop
              -- The next ones are among the locked runs; or somebody was claimed ahead of his turn meanwhile.
              y := null;
              for x in 1..cardinality(runs) loop
                if (runs[x]).behind and (runs[x]).state = 'queued' and (runs[x]).parent = r.parent and (runs[x]).step = r.step
                   and (y is null or (runs[x]).group_no < (runs[y]).group_no) then y := x; end if;
              end loop;
              if y is not null then
                runs[y].behind := null; moved[y] := true;
                if has_turn(runs[y]) then
                  runs[y].due_at := at;
                  perform pg_notify('midwatch_wake', 'due:' || (runs[y]).queue);
                end if;
              elsif not next_of_group(r.parent, r.step, ids || others, at) then exit;
              end if;
              base := base + 1;
            end loop;
            if base > 0 then
              update child_group c set working = c.working + base where c.run_id = r.parent and c.step = r.step;
            end if;
          end if;
          y := array_position(r_scope, 'run:' || r.parent);
          if word is not null and (runs[y]).state <> 'ended' then
            runs[y].mail_head := (runs[y]).mail_head + 1; moved[y] := true;
            insert into mail (run_id, no, kind, body, at) values (r.parent, (runs[y]).mail_head, 'child', word, at);
            if (runs[y]).state = 'waiting' then
              runs[y].due_at := at;
              perform pg_notify('midwatch_wake', 'due:' || (runs[y]).queue);
            end if;
          end if;
        end if;
      end if;
    end if;

    w_facts[i] := facts;
    w_ref[i] := ref;
    w_hash[i] := encode(sha256(convert_to(concat_ws('|', r.head_hash, 'v1', id, o.seq, o.kind, r.fence, at, epoch,
      coalesce(ref::text, ''), facts, digests[i]), 'UTF8')), 'hex');
    r.head_seq := o.seq; r.head_hash := w_hash[i];
    runs[ri] := r; moved[ri] := true;
    end work;
    codes[i] := code;
    said[i] := '{"code":"' || code || '"' || extra || '}';
  end loop;

  insert into entry (run_id, seq, kind, fence, at, epoch, ref, facts, body, salt, digest, hash)
    select ids[q.run], q.seq, q.kind, q.fence, at, epoch, q.ref, q.facts, q.body, q.salt, decode(q.digest, 'hex'),
           decode(q.hash, 'hex')
      from unnest(o_run, o_seq, o_kind, o_fence, o_salt, w_ref, w_facts, bodies, digests, w_hash)
        q(run, seq, kind, fence, salt, ref, facts, body, digest, hash)
     where q.hash is not null;
  if true = any(m_moved) then
    update meter t set used = u.used, reserved = u.reserved from unnest(m_id, m_used, m_reserved, m_moved) u(id, used, reserved, moved)
     where u.moved and t.id = u.id;
  end if;
  if true = any(e_moved) then
    update effect t set state = u.state, attempt = u.attempt, evidence = u.evidence, run_id = u.run_id, seq = u.seq,
           args = u.args, acts_until = u.acts_until, undone = u.undone, acted = u.acted
      from unnest(e_row, e_state, e_attempt, e_evidence, e_run, e_seq, e_args, e_acts, e_undone, e_acted, e_moved)
        u(row, state, attempt, evidence, run_id, seq, args, acts_until, undone, acted, moved)
     where u.moved and t.ctid = u.row;
    -- A locked row stays where it is; were it ever otherwise, the batch is sent again.
    get diagnostics x = row_count;
    if x <> (select count(*) from unnest(e_moved) u(m) where u.m) then raise serialization_failure; end if;
  end if;
  if true = any(l_moved) then
    update tool_lock t set run_id = u.run_id, seq = u.seq
      from unnest(l_tenant, l_name, l_run, l_seq, l_moved) u(tenant, name, run_id, seq, moved)
     where u.moved and t.tenant = u.tenant and t.name = u.name;
  end if;
  if true = any(k_moved) then
    update breaker t set state = u.state, revision = u.revision, until = u.until, probes = u.probes,
           at = case when t.revision = u.revision then t.at else work_ops.at end,
           set_by = case when t.revision = u.revision then t.set_by else 'fleet' end,
           reason = case when t.revision = u.revision then t.reason end
      from unnest(k_key, k_state, k_revision, k_until, k_probes, k_moved) u(key, state, revision, until, probes, moved)
     where u.moved and t.key = u.key;
  end if;
  if true = any(moved) then
    update run t set pin_id = u.pin_id, ended_at = u.ended_at, state = u.state, waits = u.waits, outcome = u.outcome,
           detail = u.detail, owner = u.owner, worker_id = u.worker_id, due_at = u.due_at, claims = u.claims, mail_head = u.mail_head,
           mail_seen = u.mail_seen, head_seq = u.head_seq, head_hash = u.head_hash, open = u.open, doubts = u.doubts,
           used = u.used, reserved = u.reserved, behind = u.behind, continued_as = u.continued_as, worked_by = u.worked_by
      from unnest(runs) with ordinality u
     where moved[u.ordinality] and t.ctid = r_row[u.ordinality];
    get diagnostics x = row_count;
    if x <> (select count(*) from unnest(moved) u(m) where u.m) then raise serialization_failure; end if;
  end if;
  return said;
end $$;
