-- The next run of a session, when nobody has the turn and it is not among the runs that the caller has in hand: it becomes
-- active and, when it is queued, due. While numbers before it are missing they are waited for instead. All that have not had
-- their turn have numbers above `turn_no`: nobody looks at the many that have ended.
create or replace function midwatch.next_of_session(p_tenant text, p_session text, in_hand text[], p_at bigint) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  next run;
  had_turn constant bigint := (select s.turn_no from session s where s.tenant = p_tenant and s.session = p_session);
begin
  select * into next from run g
   where g.tenant = p_tenant and g.session = p_session and g.session_no > had_turn
     and g.state <> 'ended' and g.worked_by is null
     and not g.run_id = any(in_hand)
   order by g.session_no limit 1 for no key update;
  if not found then
    update session s set active = null, gap_due_at = null where s.tenant = p_tenant and s.session = p_session;
  elsif give_turn(next, p_at) and next.state = 'queued' and next.behind is not true then
    update run g set due_at = p_at where g.run_id = next.run_id;
    perform pg_notify('midwatch_wake', 'due:' || next.queue);
  end if;
end $$;

-- Gives a session's turn to its next run, unless numbers before it are missing: then the wait for them begins. Answers whether
-- it has the turn. The session's row is locked by the caller.
create or replace function midwatch.give_turn(next midwatch.run, p_at bigint) returns boolean
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  place session;
  waits boolean;
begin
  select * into place from session s where s.tenant = next.tenant and s.session = next.session;
  waits := lacks_before(place, next.session_no);
  update session s set active = case when waits then null else next.run_id end,
         turn_no = case when waits then s.turn_no else next.session_no end,
         gap_due_at = case when waits then next.created_at + s.gap_ms end,
         last_at = case when waits then s.last_at else p_at end
   where s.tenant = next.tenant and s.session = next.session;
  return not waits;
end $$;

-- Whether a number before `p_no` that had no turn is missing.
create or replace function midwatch.lacks_before(place midwatch.session, p_no bigint) returns boolean
language plpgsql stable
set search_path to midwatch, pg_temp
as $$
declare
  no bigint := place.turn_no + 1;
begin
  if not place.sequenced then return false; end if;
  while no < p_no and exists (select from run g where g.tenant = place.tenant and g.session = place.session and g.session_no = no) loop
    no := no + 1;
  end loop;
  return no < p_no;
end $$;

-- First and last of the numbers that are missing before `p_no`, that of the next run; null when there are none. They may be
-- a great many: what is looked at are the messages that are there.
create or replace function midwatch.gap_before(place midwatch.session, p_no bigint) returns bigint[]
language plpgsql stable
set search_path to midwatch, pg_temp
as $$
declare
  first_no bigint := place.turn_no + 1;
  last_no bigint := p_no - 1;
begin
  if not lacks_before(place, p_no) then return null; end if;
  while exists (select from run g where g.tenant = place.tenant and g.session = place.session and g.session_no = first_no) loop
    first_no := first_no + 1;
  end loop;
  while exists (select from run g where g.tenant = place.tenant and g.session = place.session and g.session_no = last_no) loop
    last_no := last_no - 1;
  end loop;
  return array[first_no, last_no];
end $$;
