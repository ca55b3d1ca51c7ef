-- Pins that these names cover: exactly, or by their declared version.
create or replace function midwatch.served_pins(p_serves text[]) returns bigint[]
language sql stable
set search_path to midwatch, pg_temp
set enable_seqscan to off
as $$
  select array(select p.pin_id from pin p where p.serves = any(p_serves)
         union select p.pin_id from pin p where p.serves_any = any(p_serves))
$$;

-- Whether runs that this worker serves were parked because the code had changed under them. Volatile: it must see a worker
-- that the same statement has just registered.
create or replace function midwatch.has_misfits(p_worker bigint) returns boolean
language sql volatile
set search_path to midwatch, pg_temp
set enable_seqscan to off
as $$
  select exists (select from run g
    where g.pin_id = any((select served_pins(w.serves) from worker w where w.worker_id = p_worker)::bigint[])
      and g.queue = any((select w.queues from worker w where w.worker_id = p_worker)::text[])
      and g.state = 'waiting' and g.waits like 'mismatch:%')
$$;

-- Takes one of them, due or not, by the rules of a claim. In one transaction: no other worker can be quicker in between.
create or replace function midwatch.claim_misfit(p_worker bigint, p_run text)
returns table (claimed midwatch.run, scope text, mode text, set_by text, at bigint)
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
begin
  perform assert_isolation();
  perform from run g join worker w on w.worker_id = p_worker
    where g.run_id = p_run and g.pin_id = any(served_pins(w.serves)) and g.queue = any(w.queues) and w.lease_until > clock_ms()
      and g.state = 'waiting' and g.waits like 'mismatch:%' for no key update of g skip locked;
  if not found then return; end if;
  update run g set due_at = clock_ms() where g.run_id = p_run;
  return query select c.* from claim(p_worker, 1, p_run) c;
end $$;

-- Pins a run that nobody holds to another version of its agent: ok, unknown, held, ended or same. Its next holder learns of it
-- by mail.
create or replace function midwatch.repin(p_run text, p_version bigint, p_fingerprint text, p_by text) returns text
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  r run;
  was pin;
  becomes pin;
begin
  perform assert_isolation();
  select * into r from run g where g.run_id = p_run for no key update;
  if not found then return 'unknown'; end if;
  if r.state = 'ended' then return 'ended'; end if;
  if r.state = 'running' or r.waits like 'worked_by:%' then return 'held'; end if;
  was := pinned(r.pin_id);
  becomes := pinned(pin_of(was.agent, p_version, p_fingerprint, was.meters));
  if becomes.serves = was.serves then return 'same'; end if;
  update run g set pin_id = becomes.pin_id where g.run_id = p_run;
  r.pin_id := becomes.pin_id;
  perform post(r, 'moved', '{"by":' || to_json(p_by) || ',"from":' || to_json(was.serves) || ',"to":' || to_json(becomes.serves) || '}',
    clock_ms());
  if r.state = 'queued' then perform pg_notify('midwatch_wake', 'due:' || r.queue); end if;
  return 'ok';
end $$;
