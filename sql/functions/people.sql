-- Mail for a run whose row the caller has locked; one that nobody holds and that has something to do becomes due.
create or replace function midwatch.post(r midwatch.run, p_kind text, p_body text, p_at bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
begin
  insert into mail (run_id, no, kind, body, at) values (r.run_id, r.mail_head + 1, p_kind, p_body, p_at);
  update run g set mail_head = r.mail_head + 1 where g.run_id = r.run_id;
  perform make_due(r, p_at);
end $$;

-- Due now, when the run waits or has ended with open begins and nobody holds it. Its row is locked by the caller.
create or replace function midwatch.make_due(r midwatch.run, p_at bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
begin
  if r.state = 'waiting' and r.worked_by is null or (r.state = 'ended' and r.worker_id is null and r.open <> '{}') then
    update run g set due_at = p_at where g.run_id = r.run_id;
    perform pg_notify('midwatch_wake', 'due:' || r.queue);
  end if;
end $$;

create or replace function midwatch.wake(p_run text) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  r run;
begin
  perform assert_isolation();
  select * into r from run g where g.run_id = p_run for no key update;
  if found then perform make_due(r, clock_ms()); end if;
end $$;

-- A person's answer, once: ok, unknown, closed, other_arguments, wrong_kind, too_early, requester or same_person. The run's row
-- is locked first. Of two who must both say yes the first is kept (`missing`: one), and the run hears of the second; one no, or
-- arguments that are changed, decide at once.
create or replace function midwatch.answer(
  p_id text, p_decision text, p_by text, p_args text, p_note text, p_result text,
  out code text, out state text, out not_before bigint, out missing integer
)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  asked escalation;
  r run;
  now_ms bigint;
begin
  perform assert_isolation();
  select g.* into r from run g where g.run_id = (select s.run_id from escalation s where s.id = p_id) for no key update;
  select * into asked from escalation s where s.id = p_id for no key update;
  now_ms := clock_ms();
  code := case
    when asked.id is null then 'unknown'
    when asked.state <> 'open' then 'closed'
    when p_args is not null and p_args <> asked.args then 'other_arguments'
    when asked.kind <> case when p_decision in ('approve', 'deny') then 'approval' when p_decision = 'answer' then 'question'
      else 'doubt' end then 'wrong_kind'
    when p_decision = 'not_happened' and now_ms < asked.not_before then 'too_early'
    when p_by = r.principal and not asked.own and (p_decision = 'approve' or p_decision = 'answer' and asked.people = 2)
      then 'requester'
    when p_by = asked.first_by and p_decision <> 'deny' then 'same_person'
    else 'ok' end;
  if code = 'closed' then state := asked.state; end if;
  if code = 'too_early' then not_before := asked.not_before; end if;
  if code <> 'ok' then return; end if;
  if asked.people = 2 and asked.first_by is null and (p_decision = 'answer' or p_decision = 'approve' and p_result is null) then
    missing := 1;
    update escalation s set first_by = p_by, first_note = p_note, first_result = p_result, first_at = now_ms where s.id = p_id;
    perform leave_notice('escalation', asked.tenant, asked.run_id, notice_of(asked, p_by), now_ms);
    return;
  end if;
  -- Who said yes first may still say no: then it is theirs alone.
  update escalation s set state = 'answered', decision = p_decision, answered_by = p_by, note = p_note, result = p_result,
         answered_at = now_ms, first_by = nullif(asked.first_by, p_by),
         first_at = case when asked.first_by <> p_by then asked.first_at end where s.id = p_id;
  perform post(r, 'answer', '{"by":' || to_json(p_by) || ',"decision":"' || p_decision || '","escalation":' || to_json(p_id)
    || case when asked.first_by <> p_by then ',"first":{"by":' || to_json(asked.first_by)
         || coalesce(',"note":' || to_json(asked.first_note), '')
         || coalesce(',"result":' || to_json(asked.first_result), '') || '}' else '' end
    || coalesce(',"note":' || to_json(p_note), '') || coalesce(',"result":' || to_json(p_result), '') || '}', now_ms);
end $$;
