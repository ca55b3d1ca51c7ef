-- Opens an escalation for a run whose row is locked, or moves an open one to the rung that is named, and leaves a notice.
-- One that is not open any more stays as it is. Answers when its rung is over.
create or replace function midwatch.ask(p_run text, p_tenant text, p_agent text, asked jsonb, p_at bigint) returns bigint
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  row_ escalation;
  rung jsonb := asked -> 'chain' -> (asked ->> 'rung')::int;
  due bigint := p_at + coalesce((rung ->> 'withinMs')::bigint, 0);
begin
  insert into escalation (id, tenant, run_id, agent, kind, tool, args, show, chain, rung, due_at, not_before, opened_at,
      people, own, version)
    values (asked ->> 'id', p_tenant, p_run, p_agent, asked ->> 'kind', asked ->> 'tool', asked ->> 'args', asked ->> 'show',
      asked ->> 'chain', (asked ->> 'rung')::int, due, (asked ->> 'notBefore')::bigint, p_at,
      coalesce((asked ->> 'people')::smallint, 1), coalesce((asked ->> 'selfApproval')::boolean, false),
      (select p.version from run g join pin p on p.pin_id = g.pin_id where g.run_id = p_run))
  on conflict (id) do update set rung = excluded.rung, due_at = excluded.due_at where escalation.state = 'open'
  returning * into row_;
  if not found then
    select * into row_ from escalation s where s.id = asked ->> 'id';
    return row_.due_at;
  end if;
  perform leave_notice(case row_.kind when 'doubt' then 'doubt' else 'escalation' end, p_tenant, p_run,
    notice_of(row_, row_.first_by), p_at);
  return row_.due_at;
end $$;

-- What people are told of a question: `first` said yes, and one more is asked for.
create or replace function midwatch.notice_of(asked midwatch.escalation, p_first text) returns text
language sql immutable
set search_path to midwatch, pg_temp
as $$
  select '{"escalation":' || to_json(asked.id) || coalesce(',"first":' || to_json(p_first), '') || ',"kind":"' || asked.kind
    || '","rung":' || asked.rung || coalesce(',"to":' || (asked.chain::jsonb -> asked.rung -> 'to')::text, '')
    || ',"tool":' || coalesce(to_json(asked.tool)::text, 'null') || '}'
$$;

-- The run has ended: nobody need answer, but for doubts whose begin is still open (`kept`: tool, line feed, arguments).
create or replace function midwatch.void_escalations(p_run text, kept text[]) returns void
language sql
set search_path to midwatch, pg_temp
as $$
  update escalation s set state = 'void'
   where s.run_id = p_run and s.state = 'open'
     and not (s.kind = 'doubt' and coalesce(s.tool || chr(10) || s.args = any(kept), false))
$$;
