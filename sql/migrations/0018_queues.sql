-- Queues: priorities in the order of claims, bounds on what waits to begin, and what was turned away for them.

alter table midwatch.run
  -- 0 low, 1 normal, 2 high.
  add column priority smallint not null default 1 check (priority between 0 and 2),
  -- It was asked for from outside and has not begun: bounds count it.
  add column in_line boolean not null default false,
  -- It may be ended before it began, to make room for what is more urgent.
  add column sheds boolean not null default false;

drop index midwatch.run_due;
create index run_due on midwatch.run (queue, pin_id, priority, due_at) where due_at is not null;
drop index midwatch.run_turn;
create index run_turn on midwatch.run (queue, pin_id, priority, tenant, due_at) where due_at is not null;

update midwatch.run set in_line = true where state = 'queued' and parent is null and continues is null;

-- What waits to begin, as bounds count it. A run leaves all three with its first claim, or with the run that takes it in.
create index run_line_queue on midwatch.run (queue, sheds, priority, run_id desc) where in_line and worked_by is null;
create index run_line_tenant on midwatch.run (tenant, sheds, priority, run_id desc) where in_line and worked_by is null;
create index run_line_agent on midwatch.run (agent, sheds, priority, run_id desc) where in_line and worked_by is null;

alter table midwatch.worker
  -- The tenant that was served last, by priority from 0, and by how much less than its share each priority got.
  add column turns text[] collate "C" not null default '{"","",""}',
  add column credits smallint[] not null default '{0,0,0}',
  drop column turn;

-- At most so many wait to begin: in a queue, of a tenant, of an agent; `queue:*` is each queue without a bound of its own.
create table midwatch.queue_bound (
  scope text collate "C" primary key,
  max int not null check (max > 0),
  set_by text not null,
  at bigint not null
);

-- Where a bound counts, and what it came to. Locked by each admission there, before all else that an admission locks.
create table midwatch.queue_line (
  scope text collate "C" primary key,
  -- Places that are known to be free: only admissions take any.
  room int not null default 0,
  -- It was full, and is not counted again before.
  full_until bigint not null default 0,
  admitted bigint not null default 0,
  refused bigint not null default 0,
  late bigint not null default 0,
  shed bigint not null default 0,
  -- As it was at a moment some seconds ago.
  mark_at bigint,
  mark_depth int,
  mark_admitted bigint,
  mark_shed bigint,
  -- Runs that began in 1,000 seconds, while more than that waited.
  rate bigint,
  rate_at bigint,
  -- When somebody was last told.
  told_at bigint
) with (fillfactor = 50);

create type midwatch.bound_on as (kind text, name text, scope text, max int);

alter table midwatch.notice drop constraint notice_kind_check,
  add constraint notice_kind_check check (kind in ('escalation', 'doubt', 'kill', 'release', 'dead_letter', 'gap', 'closed',
    'alarm', 'tripwire', 'breaker', 'overload'));

-- They answer more, and ask more.
drop function if exists midwatch.admit(jsonb, text);
drop function if exists midwatch.admit_all(jsonb, text[]);
drop function if exists midwatch.claim(bigint, int, text);
drop function if exists midwatch.candidates(midwatch.worker, bigint[], int, bigint);
