-- Which life of the ledger this is; whether claims are stopped until somebody has reconciled it; what was told of a part that is lost.

alter table midwatch.ledger
  -- System identifier and timeline under which claims are given. Another server, or a promotion, is another life.
  add column life text,
  add column stopped_at bigint,
  add column stopped_why text,
  add column stopped_by text,
  -- What was acknowledged before this time is not lost.
  add column stopped_since bigint,
  add check ((stopped_at is null) = (stopped_why is null) and (stopped_at is null) = (stopped_by is null));
update midwatch.ledger set life = (select c.system_identifier from pg_control_system() c) || '/'
  || ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint;

-- The time of the last heartbeat, which only rises: one that was acknowledged and is not there any more tells of a lost part.
alter table midwatch.worker add column beat_at bigint not null default 0;

-- The run may have done things after this time of which the ledger knows nothing.
alter table midwatch.run add column unsure bigint;

-- Writes that a worker was granted and that the ledger does not have.
create table midwatch.lost (
  run_id text collate "C",
  seq bigint,
  salt text,
  told text not null,
  told_by text not null,
  told_at bigint not null,
  -- The run that keeps it as a doubt.
  kept_as text collate "C",
  primary key (run_id, seq, salt)
);

-- Every time that the ledger was reconciled.
create table midwatch.reconciliation (
  incarnation bigint primary key,
  at bigint not null,
  set_by text not null,
  life text not null,
  why text,
  since bigint,
  unsure bigint not null,
  lost bigint not null
);

alter table midwatch.notice drop constraint notice_kind_check,
  add constraint notice_kind_check
    check (kind in ('escalation', 'doubt', 'kill', 'release', 'dead_letter', 'gap', 'closed', 'alarm', 'tripwire', 'breaker',
      'overload', 'stopped', 'reconciled'));

-- It tells of the beat before, too.
drop function if exists midwatch.heartbeat(bigint, bigint);
