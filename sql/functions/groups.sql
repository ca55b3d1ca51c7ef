-- Locks the groups of the runs that end, and answers which runs of those groups come after them: as many as there are places
-- that may get free. Those in hand are left out.
create or replace function midwatch.after_in_groups(ending text[], in_hand text[]) returns text[]
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
begin
  perform 1 from child_group c
    where (c.run_id, c.step) in (select g.parent, g.step from run g where g.run_id = any(ending) and g.group_no is not null)
    order by c.run_id, c.step for no key update;
  if not found then return '{}'; end if;
  return array(
    select h.run_id from (
      select c.run_id, c.step, c.at_once - c.working + count(*) places from run g
        join child_group c on c.run_id = g.parent and c.step = g.step
       where g.run_id = any(ending) and g.group_no is not null group by c.run_id, c.step) e
     cross join lateral (
      select n.run_id from run n
       where n.parent = e.run_id and n.step = e.step and n.behind and n.state = 'queued' and not n.run_id = any(in_hand)
       order by n.group_no limit e.places) h);
end $$;

-- Makes the next queued run of a group due, when it is not among the runs that the caller has in hand; in a session it waits
-- for its turn there. False when there is none.
create or replace function midwatch.next_of_group(p_parent text, p_step text, in_hand text[], p_at bigint) returns boolean
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  next run;
begin
  select * into next from run n
   where n.parent = p_parent and n.step = p_step and n.behind and n.state = 'queued' and not n.run_id = any(in_hand)
   order by n.group_no limit 1 for no key update;
  if not found then return false; end if;
  update run g set due_at = case when has_turn(next) then p_at else g.due_at end, behind = null where g.run_id = next.run_id;
  if has_turn(next) then perform pg_notify('midwatch_wake', 'due:' || next.queue); end if;
  return true;
end $$;

-- No more will come to a group: once all `p_total` of it have ended its parent is told, perhaps now.
create or replace function midwatch.seal_group(p_run text, p_fence bigint, p_step text, p_total int) returns text
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  c child_group;
  r run;
begin
  perform assert_isolation();
  if not exists (select from run g where g.run_id = p_run and g.state = 'running' and g.fence = p_fence) then return 'fenced'; end if;
  insert into child_group (run_id, step, at_once) values (p_run, p_step, 1) on conflict do nothing;
  select * into c from child_group x where x.run_id = p_run and x.step = p_step for no key update;
  select * into r from run g where g.run_id = p_run for no key update;
  if r.state <> 'running' or r.fence <> p_fence then return 'fenced'; end if;
  if coalesce(c.total, p_total) <> p_total or c.admitted > p_total then return 'conflict'; end if;
  if c.total is not null then return 'ok'; end if;
  -- One that was kept for refused admissions alone is nobody's.
  update child_group x set total = p_total, at_once = case c.admitted when 0 then 1 else c.at_once end where x.run_id = p_run and x.step = p_step;
  if c.ended = p_total then perform post(r, 'child', '{"group":' || to_json(p_step) || '}', clock_ms()); end if;
  return 'ok';
end $$;

-- Takes a place among the children of a step, a free one if there is any. The caller has the locks of the group and its parent.
create or replace function midwatch.join_group(c midwatch.child_group) returns void
language sql
set search_path to midwatch, pg_temp
as $$
  update child_group x set at_once = c.at_once, admitted = c.admitted + 1, working = c.working + (c.working < c.at_once)::int
   where x.run_id = c.run_id and x.step = c.step
$$;
