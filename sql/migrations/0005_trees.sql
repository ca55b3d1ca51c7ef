-- Runs below runs, groups of them, and runs that go on from runs. A run that is none of these has nulls here.

alter table midwatch.run
  -- The run that called it, the step of it, and its place among the children of that step.
  add column parent text collate "C",
  add column step text collate "C",
  add column group_no integer,
  -- Its group has no room for it yet.
  add column behind boolean,
  -- The runs above it, the root first, and the switch scopes of theirs that are not its own.
  add column ancestors text[] collate "C",
  add column above text[] collate "C",
  -- The run before it, the one behind it, the first of all, and its place among them from 1: null for the first.
  add column continues text collate "C",
  add column continued_as text collate "C",
  add column first text collate "C",
  add column link integer;

-- A run that goes on from another one has its place in the session.
drop index midwatch.run_session;
create unique index run_session on midwatch.run (tenant, session, session_no, link) nulls not distinct
  where session is not null;
create index run_parent on midwatch.run (parent, step, group_no) where parent is not null;
create index run_behind on midwatch.run (parent, step, group_no) where behind;

-- Children of one step, of which at most `at_once` are due at a time. `working` counts those that were made due and have not
-- ended; `total` is known once no more will come.
create table midwatch.child_group (
  run_id text collate "C",
  step text collate "C",
  at_once integer not null check (at_once > 0),
  admitted integer not null default 0,
  working integer not null default 0 check (working >= 0),
  ended integer not null default 0,
  total integer,
  primary key (run_id, step)
) with (fillfactor = 50);

alter table midwatch.mail drop constraint mail_kind_check;
alter table midwatch.mail add constraint mail_kind_check check (kind in ('answer', 'evidence', 'wake', 'child'));

-- `up`: scopes of the charges, where some are on the meters of runs above; `next`: the run that goes on.
alter type midwatch.op add attribute up text[], add attribute next jsonb;
