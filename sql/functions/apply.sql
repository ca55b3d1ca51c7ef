-- Works ops in array order, each atomic, by docs/ledger.md; answers in codes, ids and numbers alone, never RAISE.
--
-- 1. Everything that the ops may touch is locked, in one order for one op as for many: switches (shared), sessions, groups,
--    runs and those above them, effect keys, tool locks, meters, breakers that are not closed; each kind in a statement of its own,
--    rows in the order of their keys.
-- 2. What decides is read in later statements: what was committed before is seen.
-- 3. `take_strides` takes at one stroke those ops which the rules would surely grant and which nothing else in the batch
--    meets; `work_ops` works all others one by one. It is the one authority: without strides it works the whole batch.
--
-- A stride is what a run does at a time: the settle of an open begin, its next begin, or both. Strides travel in columns, in
-- the order of the batch: `t_place` is the place of a stride's first op in the batch, `t_seq` that op's seq; a column s_… is of
-- its settle, b_… of its begin, null where there is none; `b_acts` is for how long that may act, grace apart.
-- `heads` is { runs, names, scopes, meters, pers, shapes, ops, places }:
-- the runs of the other ops, the names of runs' own meters, the shared meters in three columns, what begins of strides have
-- in common (type midwatch.op, named by place), the other ops (likewise) and their places in the batch.
create or replace function midwatch.apply(
  heads jsonb, bodies text[],
  t_place int[], t_run text[], t_fence bigint[], t_seq bigint[],
  s_ref bigint[], s_did text[], s_used text[], s_salt text[], s_body text[],
  b_shape int[], b_acts bigint[], b_step text[], b_tool text[], b_key text[], b_args text[], b_salt text[], b_body text[],
  out at bigint, out answers text)
language plpgsql
set search_path to midwatch, pg_temp
set enable_seqscan to off
set enable_hashjoin to off
set enable_mergejoin to off
set enable_material to off
set jit to off
set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_variable
declare
  grace_ms constant bigint := 250;
  n_strides constant int := cardinality(t_run);
  has_ops constant boolean := jsonb_array_length(heads -> 'ops') > 0;
  ops op[]; op_places int[]; ids text[]; next_runs text[]; tenants int[]; below boolean; above text[];
  names constant text[] := array(select jsonb_array_elements_text(heads -> 'names'));
  list_ids bigint[]; held_ids bigint[];
  -- The begins that are referred to: by strides, then by other ops; h_row is the effect row that points at it.
  h_run text[]; h_seq bigint[]; h_facts text[]; h_key text[]; h_place text[]; h_row tid[];
  keyed boolean := false; shared boolean; locked boolean;
  -- Effect keys in the order of their locks, and what wants each: stride or op, by number; how many there are of one key.
  k_tenant text[]; k_tool text[]; k_key text[]; k_src int[]; k_ref int[]; k_many int[];
  mine int[] := '{}'; unclean int[] := '{}';
  l_tenant text[]; l_name text[];
  m_scope text[]; m_meter text[]; m_per text[]; m_win bigint[];
  epoch bigint; any_switch boolean; barred text[] := '{}';
  shapes op[]; held record; said text[]; told text[];
begin
  perform assert_isolation();
  if has_ops then
    ops := array(select p from jsonb_populate_recordset(null::op, heads -> 'ops') p);
    op_places := array(select jsonb_array_elements_text(heads -> 'places')::int);
    ids := t_run || array(select jsonb_array_elements_text(heads -> 'runs'));
  else
    ids := t_run;
  end if;
  shapes := array(select p from jsonb_populate_recordset(null::op, heads -> 'shapes') p);
  if cardinality(ids) = 0 then at := clock_ms(); answers := '[]'; return; end if;

  -- Switches: the fleet's, then the tenants', shared.
  select array_agg(hashtext(g.tenant)), bool_or(g.parent is not null) into tenants, below from run g where g.run_id = any(ids);
  perform pg_advisory_xact_lock_shared(s.class, s.name) from (
    select 19799 as class, 0 as name union select 19800, t.name from unnest(tenants) t(name) order by 1, 2) s;

  -- Sessions of the runs that end, take messages in or write a state; the messages, and the runs that come after those that end.
  if has_ops and exists (select from unnest(ops) q
      where q.kind = 'end' or q.absorbs is not null or q.state_text is not null) then
    perform 1 from session s
      where (s.tenant, s.session) in (
        select g.tenant, g.session from run g where g.session is not null and g.run_id in (
          select ids[q.run] from unnest(ops) q where q.kind = 'end' or q.absorbs is not null or q.state_text is not null))
      order by s.tenant, s.session for no key update;
    if found then
      next_runs := array(select distinct u.id from unnest(ops) q cross join lateral unnest(q.absorbs) u(id)
                          where not u.id = any(ids));
      next_runs := next_runs || array(
        select distinct f.run_id from run g join session s on s.tenant = g.tenant and s.session = g.session cross join lateral (
            (select h.run_id from run h where h.tenant = g.tenant and h.session = g.session and h.session_no > s.turn_no and h.state <> 'ended'
                and h.worked_by is null and h.run_id <> g.run_id and not h.run_id = any(next_runs) order by h.session_no limit 1)
             union all select h.run_id from run h where h.worked_by = g.run_id and h.state <> 'ended') f
         where not f.run_id = any(ids || next_runs)
           and g.run_id in (select ids[q.run] from unnest(ops) q where q.kind = 'end'));
    end if;
  end if;

  -- The runs above never change; the groups of those that end, and who comes after them.
  if below then
    above := array(select distinct unnest(g.ancestors) from run g where g.run_id = any(ids));
    if has_ops then
      next_runs := next_runs || after_in_groups(array(select ids[q.run] from unnest(ops) q where q.kind = 'end'), ids);
    end if;
  end if;

  perform 1 from run g where g.run_id = any(ids || next_runs || above) order by g.run_id for no key update;
  -- The time is read when the runs are had, so that it never steps back within a journal.
  at := clock_ms();

  -- The begins that are referred to. Entries never change, so that this needs no lock. What stands in their facts is cut out
  -- of the text: a quote within a value is escaped, so that `,"name":` is nowhere but where it is the name of a field.
  h_run := t_run; h_seq := s_ref;
  if has_ops then
    h_run := h_run || array(select ids[q.run] from unnest(ops) with ordinality q order by q.ordinality);
    h_seq := h_seq || array(select coalesce(q.ref, q.supersedes) from unnest(ops) with ordinality q order by q.ordinality);
  end if;
  if cardinality(array_remove(h_seq, null)) > 0 then
    select array_agg(b.facts order by b.no), array_agg(b.key order by b.no), array_agg(b.place order by b.no),
           bool_or(b.key is not null), bool_or(strpos(b.place, '-') > 0), bool_or(strpos(b.facts, ',"locks":') > 0)
      into h_facts, h_key, h_place, keyed, shared, locked
      from (select q.no, d.facts, split_part(split_part(d.facts, ',"place":[', 2), ']', 1) as place,
                   nullif(split_part(split_part(d.facts, ',"effect":{', 2), ',"args":', 1), '') as key
              from unnest(h_run, h_seq) with ordinality q(run, seq, no)
              left join entry d on d.run_id = q.run and d.seq = q.seq and d.kind = 'begin') b;
  end if;

  -- Effect keys: those that are missing are made first, in order; for a stride as it is once its begin is granted. Then those
  -- that were there are locked, in order, by a later statement.
  keyed := keyed or cardinality(array_remove(b_key, null)) > 0
    or has_ops and exists (select from unnest(ops) o where o.effect_key is not null);
  if keyed then
    select array_agg(z.tenant), array_agg(z.tool), array_agg(z.key), array_agg(z.src), array_agg(z.ref), array_agg(z.many)
      into k_tenant, k_tool, k_key, k_src, k_ref, k_many from (
      select g.tenant, k.tool collate "C" as tool, k.key collate "C" as key, k.src, k.ref,
             count(*) over (partition by g.tenant, k.tool collate "C", k.key collate "C")::int many
        from (select e.run, w.*
                from unnest(h_run, b_tool, b_key, h_key) with ordinality e(run, tool, key, held, no)
                cross join lateral (values
                  (e.tool, e.key, e.no::int, null),
                  -- "tool":"…","key":"…", in which little is ever escaped.
                  (case when strpos(e.held, E'\\') = 0 then split_part(e.held, '"', 4) else ('{' || e.held || '}')::json ->> 'tool' end,
                   case when strpos(e.held, E'\\') = 0 then split_part(e.held, '"', 8) else ('{' || e.held || '}')::json ->> 'key' end,
                   null, e.no::int)) w(tool, key, src, ref)
               where w.key is not null
              union all
              select h.run, h.undone ->> 'tool', h.undone ->> 'key', null, h.no::int
                from (select e.run, e.no, ('{' || split_part(split_part(e.facts, ',"undoes":{', 2), ',"attempt":', 1) || '}')::json undone
                        from unnest(h_run, h_facts) with ordinality e(run, facts, no)
                       where strpos(e.facts, ',"undoes":{') > 0 offset 0) h
              union all
              select ids[o.run], w.tool, w.key, n_strides + o.ordinality::int, null
                from unnest(ops) with ordinality o
                cross join lateral (values (o.effect_tool, o.effect_key), (o.undoes_tool, o.undoes_key)) w(tool, key)
               where w.key is not null) k
        join run g on g.run_id = k.run
       order by 1, 2, 3) z;
    with made as (
      insert into effect (tenant, tool, key, state, attempt, run_id, seq, args, acts_until)
        select k.tenant, k.tool, k.key, case when k.clean then 'under_way' else 'free' end, k.clean::int,
               case when k.clean then t_run[k.src] end, case when k.clean then t_seq[k.src] + (s_ref[k.src] is not null)::int end,
               case when k.clean then b_args[k.src] else '' end,
               case when k.clean then at + grace_ms + b_acts[k.src] else 0 end
          from (select q.*, q.src <= n_strides and q.many = 1 as clean from unnest(k_tenant, k_tool, k_key, k_src, k_many)
                  q(tenant, tool, key, src, many) where q.src is not null) k
         order by k.tenant collate "C", k.tool collate "C", k.key collate "C"
      on conflict do nothing returning run_id)
    select coalesce(array_agg(array_position(t_run, m.run_id)), '{}') into mine from made m where m.run_id is not null;
    select coalesce(array_agg(k.src), '{}') into unclean from (
      select coalesce(q.src, q.ref) src from unnest(k_src, k_ref, k_many) q(src, ref, many) where q.many > 1) k;
    -- h_row: of each begin the row that still points at it, when it is under way and nothing else is known of it.
    h_row := array_fill(null::tid, array[cardinality(h_run)]);
    for held in
      select k.ref, e.ctid as row, e.state = 'under_way' and e.acted is null and e.run_id = h_run[k.ref]
             and e.seq = h_seq[k.ref] as here
        from unnest(k_tenant, k_tool, k_key, k_src, k_ref) k(tenant, tool, key, src, ref)
        join effect e on e.tenant = k.tenant and e.tool = k.tool and e.key = k.key
       where k.src is null or not k.src = any(mine)
       order by e.tenant, e.tool, e.key for no key update of e
    loop
      if held.here then h_row[held.ref] := held.row; end if;
    end loop;
  end if;

  -- Tool locks, likewise.
  if locked or has_ops and exists (select from unnest(ops) o where o.locks is not null) then
    select array_agg(z.tenant), array_agg(z.name) into l_tenant, l_name from (
      select distinct g.tenant, k.name collate "C" as name from (
          select ids[o.run] run, unnest(o.locks) as name from unnest(ops) o
          union all
          select e.run, json_array_elements_text(e.facts::json -> 'locks') from unnest(h_run, h_facts) e(run, facts)
           where strpos(e.facts, ',"locks":') > 0) k
        join run g on g.run_id = k.run
       order by 1, 2) z;
    insert into tool_lock (tenant, name)
      select k.tenant, k.name from unnest(l_tenant, l_name) k(tenant, name)
       where not exists (select from tool_lock t where t.tenant = k.tenant and t.name = k.name)
       order by k.tenant collate "C", k.name collate "C"
    on conflict do nothing;
    perform 1 from unnest(l_tenant, l_name) k(tenant, name) join tool_lock t on t.tenant = k.tenant and t.name = k.name
      order by t.tenant, t.name for no key update of t;
  end if;

  -- Shared meters: rows of the batch's list in the windows that hold the time, and those that settled begins named.
  if heads -> 'scopes' <> '[]' then
    select array_agg(s.scope), array_agg(s.meter), array_agg(s.per), array_agg(window_start(s.per, at))
      into m_scope, m_meter, m_per, m_win
      from rows from (jsonb_array_elements_text(heads -> 'scopes'), jsonb_array_elements_text(heads -> 'meters'),
                      jsonb_array_elements_text(heads -> 'pers')) s(scope, meter, per);
    for x in 1..2 loop
      list_ids := array(select t.id from unnest(m_scope, m_meter, m_per, m_win) with ordinality k(scope, meter, per, win, no)
        left join meter t on t.scope = k.scope and t.meter = k.meter and t.per = k.per and t.win = k.win order by k.no);
      exit when array_position(list_ids, null) is null;
      insert into meter (scope, meter, per, win)
        select k.* from unnest(m_scope, m_meter, m_per, m_win) k(scope, meter, per, win)
         order by k.scope collate "C", k.meter collate "C", k.per collate "C", k.win
      on conflict do nothing;
    end loop;
  end if;
  if shared then
    held_ids := array(select distinct -p.place
      from (select distinct h.place from unnest(h_place) h(place) where strpos(h.place, '-') > 0 offset 0) h
      cross join unnest(('{' || h.place || '}')::bigint[]) p(place) where p.place < 0);
  end if;
  if above is not null then
    unclean := unclean || array(select array_position(t_run, a.id) from unnest(above) a(id) where a.id = any(t_run));
  end if;
  if list_ids is not null or held_ids is not null then
    perform 1 from meter t where t.id = any(list_ids || held_ids) order by t.id for no key update;
  end if;

  -- Breakers that are not closed: while all are closed none is locked. One that opens in this moment is met by the next batch;
  -- one that is isolated by hand waits for this one.
  if exists (select from breaker k where k.state <> 'closed') then
    barred := array(select s.breaker from unnest(shapes) s where s.breaker is not null
                    union select o.breaker from unnest(ops) o where o.breaker is not null);
    perform 1 from breaker k where k.key = any(barred) and k.state <> 'closed' order by k.key for no key update;
    barred := array(select k.key from breaker k where k.key = any(barred) and k.state <> 'closed');
  end if;

  -- Everything is locked: now what decides is read.
  select l.epoch, exists (select from switch where engaged) into epoch, any_switch from ledger l;

  if n_strides > 0 and current_setting('midwatch.one_by_one', true) is distinct from 'on' then
    told := take_strides(at, epoch, any_switch, shapes, names, list_ids, held_ids,
      (select min(o.place) from unnest(op_places) with ordinality o(place, no) where (ops[o.no]).kind in ('begin', 'settle')),
      unclean, mine, barred,
      t_place, t_run, t_fence, t_seq, s_ref, s_did, s_used, s_salt, s_body, h_facts, h_key, h_place, h_row,
      b_shape, b_step, b_tool, b_key, b_args, b_salt, b_body);
    if not has_ops and array_position(told, null) is null then
      answers := '[' || array_to_string(told, ',') || ']';
      return;
    end if;
  else
    told := array_fill(null::text, array[n_strides]);
  end if;

  -- Keys that were made for a begin that is not granted so: they are free.
  if cardinality(mine) > 0 then
    update effect e set state = 'free', attempt = 0, run_id = null, seq = null, args = '', acts_until = 0
      from unnest(mine) m(no) join unnest(k_src, k_tenant, k_tool, k_key) k(src, tenant, tool, key) on k.src = m.no
     where told[m.no] is null and e.tenant = k.tenant and e.tool = k.tool and e.key = k.key;
  end if;
  -- The strides that were not taken become ops like the others, each at its place.
  select array_agg(z.op order by z.place), array_agg(z.body order by z.place), array_agg(z.place order by z.place)
    into ops, bodies, op_places from (
    select p.place, ops[p.no] op, bodies[p.no] body from unnest(op_places) with ordinality p(place, no)
    union all
    select t_place[no], jsonb_populate_record(null::op, jsonb_build_object('kind', 'settle', 'run', no, 'fence', t_fence[no],
             'seq', t_seq[no], 'salt', s_salt[no], 'ref', s_ref[no], 'did', s_did[no],
             'used', ('[' || s_used[no] || ']')::jsonb)), s_body[no]
      from generate_series(1, n_strides) no where told[no] is null and s_ref[no] is not null
    union all
    select t_place[no] + (s_ref[no] is not null)::int, jsonb_populate_record(shapes[b_shape[no]], jsonb_build_object(
             'kind', 'begin', 'run', no, 'fence', t_fence[no], 'seq', t_seq[no] + (s_ref[no] is not null)::int,
             'salt', b_salt[no], 'step', b_step[no], 'effect_tool', b_tool[no], 'effect_key', b_key[no],
             'effect_args', b_args[no])), b_body[no]
      from generate_series(1, n_strides) no where told[no] is null and b_shape[no] is not null) z;
  said := work_ops(at, epoch, any_switch, barred, ops, bodies, ids, next_runs, above, names, list_ids);
  answers := (select '[' || string_agg(z.said, ',' order by z.place) || ']' from (
    select p.place, said[p.no] said from unnest(op_places) with ordinality p(place, no)
    union all
    select t_place[no], told[no] from generate_series(1, n_strides) no where told[no] is not null) z);
end $$;
