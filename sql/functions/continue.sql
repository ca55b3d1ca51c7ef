-- Admits the run that goes on from one that is about to end: in its place in its session, its group and its family. False, and
-- nothing is changed, when its id or key is another run's. The rows of the run, its session and its group are locked. A switch on
-- the run's own scope covers whoever goes on from it, unless the run engaged it itself, to end what is below it.
create or replace function midwatch.go_on(r midwatch.run, next jsonb, p_at bigint, p_epoch bigint) returns boolean
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  p_run constant text := next ->> 'runId';
  names constant text[] := array(select jsonb_array_elements_text(next -> 'meters'));
  none constant bigint[] := coalesce(array_fill(0::bigint, array[cardinality(names)]), '{}');
  late constant bigint := p_at + (next ->> 'deadlineMs')::bigint;
  facts text;
  digest constant text := sha256_hex((next ->> 'salt') || (next ->> 'body'));
  hash text;
  waits boolean;
  above constant text[] := r.above || array(select s.scope from switch s
    where s.scope = 'run:' || r.run_id and s.engaged and s.set_by <> s.scope);
begin
  waits := r.session is not null and exists (select from session s
    where s.tenant = r.tenant and s.session = r.session and s.active is distinct from r.run_id);
  facts := '{' || coalesce('"parent":{"runId":' || to_json(r.parent) || ',"step":' || to_json(r.step) || '},', '')
    || coalesce('"no":' || r.group_no || ',', '') || '"continues":' || to_json(r.run_id) || '}';
  hash := entry_hash('', p_run, 1, 'admit', 0, p_at, p_epoch, null, facts, digest);
  insert into run (run_id, tenant, agent, queue, pin_id, key, session, session_no, principal, origin, input_digest,
      created_at, deadline_at, due_at, head_seq, head_hash, used, reserved,
      parent, step, group_no, behind, ancestors, above, continues, first, link, priority)
    values (p_run, r.tenant, next ->> 'agent', next ->> 'queue',
      pin_of(next ->> 'agent', (next ->> 'version')::bigint, next ->> 'fingerprint', names), next ->> 'key',
      r.session, r.session_no, r.principal, r.origin, next ->> 'inputDigest',
      p_at, late, case when waits then late else p_at end, 1, hash, none, none,
      r.parent, r.step, r.group_no, r.behind, r.ancestors, above, r.run_id, coalesce(r.first, r.run_id), coalesce(r.link, 0) + 1, r.priority)
  on conflict do nothing;
  if not found then return false; end if;
  insert into entry (run_id, seq, kind, fence, at, epoch, facts, body, salt, digest, hash)
    values (p_run, 1, 'admit', 0, p_at, p_epoch, facts, next ->> 'body', next ->> 'salt', decode(digest, 'hex'), decode(hash, 'hex'));
  update session s set active = p_run where s.tenant = r.tenant and s.session = r.session and s.active = r.run_id;
  if not waits then perform pg_notify('midwatch_wake', 'due:' || (next ->> 'queue')); end if;
  return true;
end $$;
