-- Takes the journals, mail, receipts, questions and blobs of runs away that ended before a time and in which nothing is open, those
-- that ended first first; not of one whose parent goes on, for that may still ask how it ended. Their rows keep a proof. Entries may not be changed by the runtime's role, therefore this runs with
-- its owner's rights.
create or replace function midwatch.prune(p_ended_before bigint, p_limit int) returns int
language plpgsql security definer
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  r run;
  now_ms bigint;
  pruned int := 0;
begin
  perform assert_isolation();
  now_ms := clock_ms();
  for r in
    select * from run g
     where g.ended_at < p_ended_before and g.pruned_at is null and g.open = '{}' and g.worker_id is null
       and not exists (select from run p where p.run_id = g.parent and p.ended_at is null)
     order by g.ended_at, g.run_id limit p_limit for no key update skip locked
  loop
    update run g set pruned_at = now_ms, proof = proof_of(r.run_id) where g.run_id = r.run_id;
    delete from entry d where d.run_id = r.run_id;
    delete from mail m where m.run_id = r.run_id;
    delete from evidence v where v.run_id = r.run_id;
    delete from escalation s where s.run_id = r.run_id;
    delete from blob b where b.run_id = r.run_id;
    pruned := pruned + 1;
  end loop;
  return pruned;
end $$;

-- What must still be known of a journal when it is gone, as JSON text: its first hash, when its first intent was granted, and what its
-- settlements added to shared meters.
create or replace function midwatch.proof_of(p_run text) returns text
language sql stable
set search_path to midwatch, pg_temp
as $$
  select '{"firstHash":"' || encode(first.hash, 'hex') || '","beganAt":'
      || coalesce((select min(d.at) from entry d where d.run_id = p_run and d.kind = 'begin')::text, 'null')
      || ',"sums":[' || coalesce((
    select string_agg(json_build_object('scope', u.scope, 'meter', u.meter, 'kind', u.kind, 'per', u.per, 'window', u.win,
             'used', u.used)::text, ',' order by u.scope collate "C", u.meter collate "C", u.per collate "C", u.win)
      from (
        select c.scope, c.meter, c.kind, c.per, c.win, case c.kind when 'peak' then max(c.used) else sum(c.used) end as used
          from entry s
          join entry b on b.run_id = s.run_id and b.seq = s.ref and b.kind = 'begin'
         cross join lateral (select b.facts::jsonb -> 'charges' as held, s.facts::jsonb -> 'used' as used) f
         cross join lateral (
           select t.scope, f.held -> 'meter' ->> (t.i - 1)::int as meter,
                  coalesce(f.held -> 'kind' ->> (t.i - 1)::int, 'sum') as kind,
                  coalesce(f.held -> 'per' ->> (t.i - 1)::int, 'total') as per,
                  coalesce((f.held -> 'window' ->> (t.i - 1)::int)::bigint, -1) as win,
                  (f.used ->> (t.i - 1)::int)::bigint as used
             from jsonb_array_elements_text(f.held -> 'scope') with ordinality t(scope, i)) c
         where s.run_id = p_run and s.kind = 'settle' and c.scope <> '' and c.kind <> 'level' and c.used > 0
         group by c.scope, c.meter, c.kind, c.per, c.win) u), '') || ']}'
    from entry first where first.run_id = p_run and first.seq = 1
$$;

revoke execute on function midwatch.prune(bigint, int) from public;
