-- Pins that these names cover: exactly, or by their declared version.
create or replace function midwatch.served_pins(p_serves text[]) returns bigint[]
language sql stable
set search_path to midwatch, pg_temp
set enable_seqscan to off
as $$
  select array(select p.pin_id from pin p where p.serves = any(p_serves)
         union select p.pin_id from pin p where p.serves_any = any(p_serves))
$$;

-- New code came with a worker: what was parked because the code had changed, and what it serves, is soon due. How many.
create or replace function midwatch.look_again(p_worker bigint, p_pause_ms bigint, p_limit int) returns int
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  w worker;
  now_ms constant bigint := clock_ms();
  found_runs int;
begin
  perform assert_isolation();
  select * into w from worker x where x.worker_id = p_worker;
  with misfits as (
    select g.run_id, greatest(now_ms, p_pause_ms + (select d.at from entry d where d.run_id = g.run_id and d.seq = g.head_seq)) again
      from run g
     where g.pin_id = any(served_pins(w.serves)) and g.queue = any(w.queues) and g.state = 'waiting' and g.waits like 'mismatch:%'
     order by g.run_id limit p_limit for no key update of g skip locked)
  update run g set due_at = m.again from misfits m where g.run_id = m.run_id and (g.due_at is null or g.due_at > m.again);
  get diagnostics found_runs = row_count;
  if found_runs > 0 then perform pg_notify('midwatch_wake', 'due:' || q) from unnest(w.queues) q; end if;
  return found_runs;
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
