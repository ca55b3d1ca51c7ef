-- Keeps what somebody says of an ended run: ok, unchanged, not_ended or unknown_run. Of a person the last word holds.
create or replace function midwatch.add_score(
  p_run text, p_name text, p_value double precision, p_source text, p_who text, p_usd_micros bigint, p_reason text) returns text
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  r run;
begin
  perform assert_isolation();
  select * into r from run g where g.run_id = p_run;
  if not found then return 'unknown_run'; end if;
  if r.state <> 'ended' then return 'not_ended'; end if;
  insert into score as s (run_id, name, source, who, tenant, agent, version, week, value, usd_micros, reason, at)
    values (p_run, p_name, p_source, p_who, r.tenant, r.agent, (pinned(r.pin_id)).version, window_start('week', r.ended_at),
            p_value, p_usd_micros, p_reason, clock_ms())
    on conflict (run_id, name, source, who) do update
      set value = excluded.value, reason = excluded.reason, at = excluded.at
      where s.source = 'person' and (s.value, s.reason) is distinct from (excluded.value, excluded.reason);
  return case when found then 'ok' else 'unchanged' end;
end $$;

-- What is said of a run by its own end, in that transaction.
create or replace function midwatch.keep_scores(r midwatch.run, p_scores jsonb, p_at bigint) returns void
language sql
set search_path to midwatch, pg_temp
as $$
  insert into score (run_id, name, source, tenant, agent, version, week, value, at)
    select r.run_id, k.name, 'code', r.tenant, r.agent, (pinned(r.pin_id)).version, window_start('week', p_at), k.value, p_at
      from jsonb_to_recordset(p_scores) k(name text, value double precision)
    on conflict do nothing
$$;
