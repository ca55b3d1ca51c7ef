-- Takes strides, in order: those, and only those, that work_ops would grant as they are, whatever else the batch holds. What it
-- writes and answers is what work_ops would, to the letter, for facts are hashed. A stride is left to work_ops
--
-- * when it is of a run below others, whose meters it may move;
-- * when a rule might refuse it, or grant it otherwise than at once: its run is not running, under this fence, with this head
--   and without a doubt; its worker's lease has run out; a switch covers it; a breaker is not closed; its deadline is too near; a ceiling has no room;
--   its key was there before; its settle closes what is not open, or whose key is not under way, or which holds tool locks or undoes;
-- * when another op of the batch meets it at an effect key, or is of a run below its own (`unclean`): those are worked in
--   the order of the batch;
-- * when it moves a shared meter and comes behind an op that may move one too and is left to work_ops, the first of the batch's
--   other ops at `stop_at`: sums are stamped in the order of the batch;
-- * when it would widen the run's own meters.
--
-- Answers for each stride what its ops are answered, or null where it was not taken. Runs, keys and meters are locked.
create or replace function midwatch.take_strides(
  at bigint, epoch bigint, any_switch boolean, shapes midwatch.op[], names text[], list_ids bigint[], held_ids bigint[],
  stop_at int, unclean int[], mine int[], barred text[],
  t_place int[], t_run text[], t_fence bigint[], t_seq bigint[],
  s_ref bigint[], s_did text[], s_used text[], s_salt text[], s_body text[], h_facts text[], h_key text[], h_place text[], h_row tid[],
  b_shape int[], b_step text[], b_tool text[], b_key text[], b_args text[], b_salt text[], b_body text[]) returns text[]
language plpgsql
as $$
#variable_conflict use_column
declare
  grace_ms constant bigint := 250;
  -- Shared meters, by id.
  m_id bigint[]; m_used bigint[]; m_reserved bigint[]; m_limit bigint[]; m_used_before bigint[]; m_reserved_before bigint[];
  -- Where the charges of a shape lie in a run of a pin: places of its own meters, shared rows by their ids below zero.
  p_known bigint[] := '{}'; p_places text[]; p_windows text[]; places bigint[]; windows text;
  -- The stride in hand: its shape, what its begin held and the next one wants, the sums, what is said of them.
  f record; shape int; s op; s_shares boolean := false; shares boolean; known int; b_of int;
  word text; h_word text; h_places bigint[]; h_amounts bigint[]; h_sorts text[]; said bigint[];
  ru bigint[]; rr bigint[]; amounts bigint[]; maxes bigint[]; sorts text[];
  p bigint; k int; y int; val bigint; had bigint; lim bigint; fits boolean; overrun boolean;
  said_used text; said_had text; said_reserved text; seq bigint; acts bigint; hash text; open bigint[];
  n_taken int := 0; n_settled int := 0; x int; stopped boolean := false;
  told text[]; w_s_facts text[]; w_s_digest text[]; w_s_hash text[]; w_b_facts text[]; w_b_digest text[]; w_b_hash text[];
  w_run strode[]; w_row tid[]; w_state text[]; w_seq bigint[];
begin
  told := array_fill(null::text, array[cardinality(t_run)]);
  w_s_facts := told; w_s_digest := told; w_s_hash := told; w_b_facts := told; w_b_digest := told; w_b_hash := told;
  if list_ids is not null or held_ids is not null then
    select array_agg(m.id), array_agg(m.used), array_agg(m.reserved), array_agg(c.max) into m_id, m_used, m_reserved, m_limit
      from meter m left join ceiling c on c.scope = m.scope and c.meter = m.meter and c.per = m.per
     where m.id = any(list_ids || held_ids);
  end if;
  for f in
    select v.no, v.place, v.seq, v.ref, v.shape, g.ctid as row, g.pin_id, g.head_hash, g.open, g.used, g.reserved, g.claims,
           g.deadline_at, strpos(v.h_place, '-') > 0 as shares,
           g.parent is null and g.state = 'running' and g.fence = v.fence and g.head_seq = v.seq - 1 and g.doubts = '{}'
             and not coalesce(v.no = any(unclean), false)
             and (v.ref is null
               or v.ref = any(g.open) and v.h_facts is not null and strpos(v.h_facts, ',"locks":') = 0
                  and strpos(v.h_facts, ',"undoes":') = 0
                  and (v.h_key is null or v.h_row is not null and v.did <> 'failed'))
             and (v.shape is null
               or (v.key is null or coalesce(v.no = any(mine), false))
                  and (select w.lease_until from worker w where w.worker_id = g.worker_id) > at
                  and ((shapes[v.shape]).breaker = any(barred)) is not true
                  and not (any_switch and exists (select from switch c where c.engaged
                    and c.scope = any(scopes_of(g) || ('tool:' || (shapes[v.shape]).tool))))) as clean
      from unnest(t_place, t_run, t_fence, t_seq, s_ref, s_did, h_facts, h_key, h_place, h_row, b_shape, b_key) with ordinality
           v(place, run, fence, seq, ref, did, h_facts, h_key, h_place, h_row, shape, key, no)
      join run g on g.run_id = v.run
     where v.run is not null
     order by v.no
  loop
    x := f.no;
    if f.shape is distinct from shape then
      shape := f.shape; s := shapes[shape]; s_shares := coalesce(0 < any(s.ix), false);
    end if;
    shares := coalesce(f.shares, false) or s_shares;
    stopped := stopped or coalesce(f.place > stop_at, false);
    fits := f.clean is true and not (shares and stopped) and coalesce(at + s.timeout_ms <= f.deadline_at, true);
    if fits and s.ix is not null then
      y := array_position(p_known, f.pin_id * 10000 + shape);
      if y is null then
        select array_agg(z.place order by z.k)::text, ',"window":[' || string_agg(window_start(s.per[z.k], at)::text, ',' order by z.k) || ']'
          into said_used, windows
          from (select case when u.ix > 0 then -list_ids[u.ix] else array_position(n.meters, names[-u.ix]) end as place, u.k
                  from pin n cross join unnest(s.ix) with ordinality u(ix, k) where n.pin_id = f.pin_id) z;
        p_known := p_known || (f.pin_id * 10000 + shape); p_places := p_places || said_used; p_windows := p_windows || windows;
        y := cardinality(p_known);
      end if;
      if y is distinct from known then known := y; places := p_places[y]; windows := p_windows[y]; end if;
      fits := array_position(places, null) is null;
    end if;
    if not fits then
      stopped := stopped or shares;
      continue;
    end if;

    ru := f.used; rr := f.reserved; hash := f.head_hash; seq := f.seq; open := f.open;
    if shares then m_used_before := m_used; m_reserved_before := m_reserved; end if;
    if f.ref is not null then
      -- What the begin holds is given back; what was used is counted. Many begins hold the same.
      word := split_part(split_part(h_facts[x], ',"charges":{', 2), ',"usedAfter":', 1);
      if word is distinct from h_word then
        h_word := word;
        h_places := '{' || h_place[x] || '}';
        h_amounts := '{' || split_part(split_part(word, ',"amount":[', 2), ']', 1) || '}';
        h_sorts := '{' || nullif(split_part(split_part(word, ',"kind":[', 2), ']', 1), '') || '}';
      end if;
      said := '{' || s_used[x] || '}'; said_used := ''; overrun := false; k := 0;
      foreach p in array h_places loop
        k := k + 1; val := case when h_sorts[k] = 'level' then 0 else coalesce(said[k], h_amounts[k]) end;
        overrun := overrun or val > h_amounts[k];
        said_used := said_used || ',' || val;
        if p > 0 then
          if h_sorts[k] = 'peak' then ru[p] := greatest(ru[p], val);
          else rr[p] := rr[p] - h_amounts[k]; ru[p] := ru[p] + val; end if;
        else
          y := array_position(m_id, -p);
          if h_sorts[k] = 'peak' then m_used[y] := greatest(m_used[y], val);
          else m_reserved[y] := m_reserved[y] - h_amounts[k]; m_used[y] := m_used[y] + val; end if;
        end if;
      end loop;
      open := array_remove(open, f.ref);
    end if;
    if f.shape is not null and s.ix is not null then
      -- Room, and what is set aside.
      if shape is distinct from b_of then b_of := shape; amounts := s.amount; maxes := s.max; sorts := s.sort; end if;
      said_had := ''; said_reserved := ''; k := 0;
      foreach p in array places loop
        k := k + 1; lim := maxes[k];
        if p > 0 then had := ru[p]; val := rr[p];
        else y := array_position(m_id, -p); had := m_used[y]; val := m_reserved[y]; lim := least(lim, m_limit[y]); end if;
        if sorts[k] = 'peak' then fits := amounts[k] <= lim;
        else
          val := val + amounts[k]; fits := had + val <= lim;
          if p > 0 then rr[p] := val; else m_reserved[y] := val; end if;
        end if;
        exit when not fits;
        said_had := said_had || ',' || had; said_reserved := said_reserved || ',' || val;
      end loop;
      if not fits then
        if shares then m_used := m_used_before; m_reserved := m_reserved_before; stopped := true; end if;
        continue;
      end if;
    end if;

    n_taken := n_taken + 1;
    if f.ref is not null then
      w_s_facts[x] := '{"did":"' || s_did[x] || '","used":[' || substr(said_used, 2) || '],"overrun":' || overrun || '}';
      w_s_digest[x] := encode(sha256(convert_to(s_salt[x] || s_body[x], 'UTF8')), 'hex');
      hash := encode(sha256(convert_to(concat_ws('|', hash, 'v1', t_run[x], seq, 'settle', t_fence[x], at, epoch, f.ref,
        w_s_facts[x], w_s_digest[x]), 'UTF8')), 'hex');
      w_s_hash[x] := hash;
      told[x] := '{"code":"ok"}';
      if h_row[x] is not null then
        n_settled := n_settled + 1; w_row[n_settled] := h_row[x];
        if s_did[x] = 'performed' then w_state[n_settled] := 'performed'; w_seq[n_settled] := seq;
        else w_state[n_settled] := 'free'; w_seq[n_settled] := f.ref; end if;
      end if;
      seq := seq + 1;
    end if;
    if f.shape is not null then
      acts := at + s.timeout_ms + grace_ms + s.settles_ms;
      w_b_facts[x] := concat('{"step":', to_json(b_step[x]), ',"attempt":', s.attempt, ',"tool":' || to_json(s.tool), ',"actsUntil":', acts,
        ',"charges":{', s.words || coalesce(windows, '') || ',"place":[' || btrim(places::text, '{}') || '],"usedAfter":['
          || substr(said_had, 2) || '],"reservedAfter":[' || substr(said_reserved, 2) || ']', '}',
        ',"effect":{"tool":' || to_json(b_tool[x]) || ',"key":' || to_json(b_key[x]) || ',"args":' || to_json(b_args[x]) || ',"attempt":1}',
        '}');
      w_b_digest[x] := encode(sha256(convert_to(b_salt[x] || b_body[x], 'UTF8')), 'hex');
      hash := encode(sha256(convert_to(concat_ws('|', hash, 'v1', t_run[x], seq, 'begin', t_fence[x], at, epoch, '',
        w_b_facts[x], w_b_digest[x]), 'UTF8')), 'hex');
      w_b_hash[x] := hash;
      told[x] := concat(told[x] || ',', '{"code":"ok","actsUntil":', acts, case when b_key[x] is not null then ',"attempt":1' end, '}');
      open := open || seq;
    end if;
    w_run[n_taken] := row(f.row, case when f.shape is null then seq - 1 else seq end, hash, open, ru, rr,
      case when f.ref is null then f.claims else 0 end)::strode;
  end loop;
  if current_setting('midwatch.strides_taken', true) <> '' then
    -- Tests ask how many were taken.
    perform set_config('midwatch.strides_taken', (current_setting('midwatch.strides_taken')::int + n_taken)::text, false);
  end if;
  if n_taken = 0 then return told; end if;

  -- A begin behind its settle says no transaction: the settle, found through the index, says it for both.
  insert into entry (run_id, seq, kind, fence, at, epoch, ref, facts, body, salt, digest, hash, tx)
    select q.run, q.seq, 'settle', q.fence, at, epoch, q.ref, q.facts, q.body, q.salt,
           decode(q.digest, 'hex'), decode(q.hash, 'hex'),
           (select l.tx_base + pg_current_xact_id()::text::bigint from ledger l)
      from unnest(t_run, t_seq, t_fence, s_ref, s_body, s_salt, w_s_facts, w_s_digest, w_s_hash)
        q(run, seq, fence, ref, body, salt, facts, digest, hash) where q.hash is not null
    union all
    select q.run, q.seq + (q.ref is not null)::int, 'begin', q.fence, at, epoch, null, q.facts, q.body, q.salt,
           decode(q.digest, 'hex'), decode(q.hash, 'hex'),
           case when q.ref is null then (select l.tx_base + pg_current_xact_id()::text::bigint from ledger l) end
      from unnest(t_run, t_seq, t_fence, s_ref, b_body, b_salt, w_b_facts, w_b_digest, w_b_hash)
        q(run, seq, fence, ref, body, salt, facts, digest, hash) where q.hash is not null;
  if m_id is not null then
    update meter m set used = u.used, reserved = u.reserved from unnest(m_id, m_used, m_reserved) u(id, used, reserved)
     where m.id = u.id and (m.used, m.reserved) <> (u.used, u.reserved);
  end if;
  -- A locked row stays where it is; were it ever otherwise, the batch is sent again.
  if n_settled > 0 then
    update effect e set state = u.state, seq = u.seq from unnest(w_row, w_state, w_seq) u(row, state, seq) where e.ctid = u.row;
    get diagnostics y = row_count;
    if y <> n_settled then raise serialization_failure; end if;
  end if;
  update run g set head_seq = u.head_seq, head_hash = u.head_hash, open = u.open, used = u.used, reserved = u.reserved,
         claims = u.claims from unnest(w_run) u where g.ctid = u.row;
  get diagnostics y = row_count;
  if y <> n_taken then raise serialization_failure; end if;
  return told;
end $$;
