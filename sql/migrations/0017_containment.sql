-- Circuit breakers as they are worked, what the fleet's calls came to lately, and whose fault a failed run was.

alter table midwatch.breaker drop constraint breaker_state_check,
  add constraint breaker_state_check check (state in ('closed', 'open', 'half_open', 'isolated')),
  -- Raised by every move, and by every round of probes.
  add column revision bigint not null default 0,
  -- open: when the first probe may begin; half_open: when this round is given up for another.
  add column until bigint,
  -- Times that it opened without having been closed for long in between.
  add column opened integer not null default 0,
  -- half_open: probes that may still begin, and how many a round has.
  add column probes integer not null default 0,
  add column probes_most integer not null default 3 check (probes_most > 0),
  add column set_by text not null default 'fleet',
  add column reason text,
  add check (probes between 0 and probes_most),
  add check ((until is not null) = (state in ('open', 'half_open')));
-- What a begin looks at: empty while all are closed.
create index breaker_not_closed on midwatch.breaker (key) where state <> 'closed';

-- Every move there was. Another round of probes is one, too.
create table midwatch.breaker_move (
  key text collate "C",
  revision bigint,
  was text not null,
  state text not null,
  at bigint not null,
  set_by text not null,
  reason text,
  primary key (key, revision),
  check ((was, state) in (('closed', 'open'), ('open', 'half_open'), ('half_open', 'half_open'), ('half_open', 'open'),
    ('half_open', 'closed'), ('closed', 'isolated'), ('open', 'isolated'), ('half_open', 'isolated'), ('isolated', 'half_open')))
);

-- What the calls of each worker came to lately: a row a worker, written by that worker alone. Worth nothing after a crash.
create unlogged table midwatch.tally (
  worker_id bigint primary key,
  at bigint not null,
  told text not null
) with (fillfactor = 50);

alter table midwatch.notice drop constraint notice_kind_check,
  add constraint notice_kind_check
    check (kind in ('escalation', 'doubt', 'kill', 'release', 'dead_letter', 'gap', 'closed', 'alarm', 'tripwire', 'breaker'));

-- Of a run that failed: whose fault it was.
alter table midwatch.run add column owner text
  check (owner in ('model', 'tool', 'provider', 'policy', 'orchestration', 'store'));
create index run_failed on midwatch.run (ended_at) where outcome = 'failed';

alter type midwatch.op add attribute owner text;
-- They take what bars a begin, too.
drop function if exists midwatch.work_ops(bigint, bigint, boolean, midwatch.op[], text[], text[], text[], text[], text[], bigint[]);
drop function if exists midwatch.take_strides(bigint, bigint, boolean, midwatch.op[], text[], bigint[], bigint[], int, int[], int[],
  int[], text[], bigint[], bigint[], bigint[], text[], text[], text[], text[], text[], text[], text[], tid[], int[], text[], text[],
  text[], text[], text[], text[]);
