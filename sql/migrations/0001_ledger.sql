-- The ledger: one append-only journal per run, and beside it what a step must look at before it begins.
-- Ids and keys compare by bytes (collate "C"), so that every lock is taken in one order whatever the database's locale.
-- Times are epoch milliseconds by midwatch.clock_ms(). Rows written by each step touch no indexed column.

-- The ledger itself. A fence is incarnation * 2^40 + counter; the secret keys the HMAC of effect keys.
create table midwatch.ledger (
  only_row boolean primary key default true check (only_row),
  incarnation bigint not null default 1 check (incarnation between 1 and 8191),
  secret text not null,
  epoch bigint not null default 0
) with (fillfactor = 50);

insert into midwatch.ledger (secret)
  values (replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));

-- Leases belong to workers, never to runs.
create table midwatch.worker (
  worker_id bigint generated always as identity primary key,
  name text not null,
  serves text[] not null,
  queues text[] not null,
  lease_ms bigint not null,
  lease_until bigint not null,
  started_at bigint not null,
  retired boolean not null default false,
  -- The tenant it served last: the next claim goes on behind it.
  turn text collate "C" not null default '',
  -- Start of the server under which its presence, an advisory lock, was taken: a hint of life under that server alone.
  present_under bigint
) with (fillfactor = 50);

-- What admission pins of an agent: its version, its data's digest and the names of the run's own meters.
create table midwatch.pin (
  pin_id bigint generated always as identity primary key,
  agent text collate "C" not null,
  version bigint not null,
  fingerprint text collate "C" not null,
  meters text[] not null,
  serves text collate "C" not null generated always as (agent || '@' || version::text || '#' || fingerprint) stored,
  unique (agent, version, fingerprint, meters)
);
create index pin_serves on midwatch.pin (serves);

create table midwatch.session (
  tenant text collate "C",
  session text collate "C",
  last_no bigint not null default 0,
  active text collate "C",
  primary key (tenant, session)
) with (fillfactor = 50);

create table midwatch.run (
  run_id text collate "C" primary key,
  tenant text collate "C" not null,
  agent text collate "C" not null,
  queue text collate "C" not null,
  pin_id bigint not null references midwatch.pin,
  key text collate "C",
  session text collate "C",
  session_no bigint,
  principal text,
  origin text collate "C" not null,
  input_digest text not null,
  created_at bigint not null,
  deadline_at bigint not null,
  ended_at bigint,
  state text not null default 'queued' check (state in ('queued', 'running', 'waiting', 'ended')),
  waits text,
  outcome text check (outcome in ('completed', 'refused', 'handed_over', 'exhausted', 'failed', 'killed')),
  detail text,
  worker_id bigint,
  due_at bigint,
  fence bigint not null default 0,
  claims integer not null default 0,
  mail_head bigint not null default 0,
  mail_seen bigint not null default 0,
  head_seq bigint not null,
  head_hash text not null,
  -- Begins that are not settled, and those of them that are in doubt.
  open bigint[] not null default '{}',
  doubts bigint[] not null default '{}',
  -- The run's own meters, in the order of pin.meters.
  used bigint[] not null,
  reserved bigint[] not null,
  check ((state = 'ended') = (outcome is not null)),
  check (due_at is null or state <> 'running')
) with (fillfactor = 50);
create unique index run_key on midwatch.run (tenant, agent, key) where key is not null;
create unique index run_session on midwatch.run (tenant, session, session_no) where session is not null;
create index run_due on midwatch.run (queue, pin_id, due_at) where due_at is not null;
create index run_turn on midwatch.run (queue, pin_id, tenant, due_at) where due_at is not null;
create index run_worker on midwatch.run (worker_id) where worker_id is not null;
create index run_live on midwatch.run (tenant, run_id) where ended_at is null;
create index run_agent on midwatch.run (agent, run_id);
create index run_doubt on midwatch.run (run_id) where doubts <> '{}';

-- The journals. The role `runtime` may insert and select here, nothing else.
create table midwatch.entry (
  run_id text collate "C" not null,
  seq bigint not null,
  kind text not null check (kind in ('admit', 'claim', 'begin', 'doubt', 'settle', 'note', 'park', 'end', 'audit')),
  fence bigint not null,
  at bigint not null,
  epoch bigint not null,
  ref bigint,
  facts text not null,
  body text,
  salt text not null,
  digest text not null,
  hash text not null,
  primary key (run_id, seq)
);

-- One row per effect key, kept for good: a key that surely did not act is `free` again.
create table midwatch.effect (
  tenant text collate "C",
  tool text collate "C",
  key text collate "C",
  args text not null default '',
  state text not null default 'free' check (state in ('free', 'under_way', 'performed', 'doubt')),
  attempt integer not null default 0,
  evidence integer not null default 0,
  run_id text collate "C",
  seq bigint,
  acts_until bigint not null default 0,
  primary key (tenant, tool, key)
) with (fillfactor = 70);
create index effect_run on midwatch.effect (run_id);

-- Names that a tool locks within its tenant; free while run_id is null.
create table midwatch.tool_lock (
  tenant text collate "C",
  name text collate "C",
  run_id text collate "C",
  seq bigint,
  primary key (tenant, name)
) with (fillfactor = 50);

-- Shared meters; a run's own are columns of its row. `win` is the start of the window, -1 for total.
create table midwatch.meter (
  scope text collate "C",
  meter text collate "C",
  per text collate "C" check (per in ('total', 'hour', 'day', 'week', 'month')),
  win bigint,
  used bigint not null default 0,
  reserved bigint not null default 0 check (reserved >= 0),
  primary key (scope, meter, per, win)
) with (fillfactor = 50);

-- Ceilings that an operator set; they hold beside those that a begin brings.
create table midwatch.ceiling (
  scope text collate "C" check (scope <> ''),
  meter text collate "C",
  per text collate "C" check (per in ('total', 'hour', 'day', 'week', 'month')),
  max bigint not null,
  set_by text not null,
  at bigint not null,
  no bigint generated always as identity,
  primary key (scope, meter, per)
);

create table midwatch.switch (
  scope text collate "C" primary key,
  mode text not null check (mode in ('hold', 'end')),
  engaged boolean not null,
  epoch bigint not null,
  set_by text not null,
  reason text,
  at bigint not null
);
create index switch_engaged on midwatch.switch (scope) where engaged;

-- Every engage and release, in the order in which they took hold.
create table midwatch.switch_move (
  epoch bigint primary key,
  scope text collate "C" not null,
  mode text not null check (mode in ('hold', 'end')),
  engaged boolean not null,
  set_by text not null,
  reason text,
  at bigint not null
);

create table midwatch.breaker (
  key text collate "C" primary key,
  state text not null default 'closed' check (state in ('closed', 'open', 'half_open')),
  at bigint not null
);

-- What anyone but the lease holder has to say to a run, numbered without a gap.
create table midwatch.mail (
  run_id text collate "C",
  no bigint,
  kind text not null check (kind in ('answer', 'evidence', 'wake')),
  body text not null,
  at bigint not null,
  primary key (run_id, no)
);

-- Receipts that came under an old fence.
create table midwatch.evidence (
  run_id text collate "C",
  no bigint,
  ref bigint not null,
  fence bigint not null,
  did text not null check (did in ('performed', 'not_performed', 'failed')),
  body text not null,
  digest text not null,
  at bigint not null,
  primary key (run_id, no),
  unique (run_id, ref, digest)
);

create table midwatch.escalation (
  id text collate "C" primary key,
  tenant text collate "C" not null,
  run_id text collate "C" not null,
  agent text not null,
  kind text not null check (kind in ('approval', 'doubt', 'question')),
  tool text,
  args text not null,
  show text not null,
  chain text not null,
  rung integer not null,
  due_at bigint not null,
  not_before bigint,
  state text not null default 'open' check (state in ('open', 'answered', 'expired', 'void')),
  decision text check (decision in ('approve', 'deny', 'happened', 'not_happened', 'answer')),
  answered_by text,
  note text,
  result text,
  opened_at bigint not null,
  answered_at bigint,
  check ((state = 'answered') = (decision is not null))
);
create index escalation_run on midwatch.escalation (run_id);
create index escalation_state on midwatch.escalation (state, due_at);

-- What a person must be told, at least once.
create table midwatch.notice (
  no bigint generated always as identity primary key,
  kind text not null check (kind in ('escalation', 'doubt', 'kill', 'release', 'dead_letter')),
  tenant text,
  run_id text,
  body text not null,
  at bigint not null,
  tries integer not null default 0,
  tried_at bigint,
  sent_at bigint
);
create index notice_unsent on midwatch.notice (no) where sent_at is null;

-- Large parts of bodies, once per tenant, named by the SHA-256 of their text.
create table midwatch.blob (
  tenant text collate "C",
  digest text collate "C",
  text text not null,
  primary key (tenant, digest)
);

-- One op as it travels, its body apart. `run` and `ix` are places in the batch's own lists: ix > 0 of its shared meters,
-- ix < 0 of the names of runs' own meters; `words` is what the entry's facts say of the charges before they are stamped.
create type midwatch.op as (
  kind text,
  run integer,
  fence bigint,
  seq bigint,
  salt text,
  step text,
  attempt integer,
  tool text,
  timeout_ms bigint,
  settles_ms bigint,
  ix integer[],
  sort text[],
  per text[],
  amount bigint[],
  max bigint[],
  words text,
  effect_tool text,
  effect_key text,
  effect_args text,
  saw_attempt integer,
  saw_evidence integer,
  resend text,
  locks text[],
  breaker text,
  supersedes bigint,
  ref bigint,
  did text,
  used bigint[],
  count jsonb,
  expires text,
  waits text,
  due_at bigint,
  due_in_ms bigint,
  mail_seen bigint,
  escalations jsonb,
  outcome text,
  detail text
);

-- What a begin entry's facts say of what it holds, read back when it is settled. `place` > 0 is one of the run's own meters,
-- by its place among the names of the run's pin; a column that is left out holds the same for all: '', sum, total, -1.
create type midwatch.held_charges as (
  scope text[], meter text[], kind text[], per text[], amount bigint[], "window" bigint[], place integer[]
);
create type midwatch.held_effect as (tool text, key text, args text, attempt integer);
create type midwatch.begun as (
  "actsUntil" bigint,
  charges midwatch.held_charges,
  effect midwatch.held_effect,
  locks text[]
);
