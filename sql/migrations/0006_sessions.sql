-- Sessions: whose turn it is by number, numbers that are waited for, a state, an end. What a pruned run leaves behind.

alter table midwatch.session
  -- Greatest number that had its turn: worked, taken in by another run, or given up.
  add column turn_no bigint not null default 0,
  -- Whether messages bring their numbers; null until the first one says.
  add column sequenced boolean,
  add column gap_ms bigint not null default 0,
  add column gap_due_at bigint,
  add column state_version bigint,
  add column state_text text,
  add column closed_by text,
  add column closed_reason text,
  add column closed_at bigint,
  -- 0 until its first message is accepted.
  add column opened integer not null default 0,
  add column opened_at bigint not null default 0,
  add column last_at bigint not null default 0,
  add column idle_ms bigint,
  add check ((closed_at is null) = (closed_by is null)),
  add check ((state_version is null) = (state_text is null));
create index session_gap on midwatch.session (gap_due_at) where gap_due_at is not null;

update midwatch.session s set sequenced = false, opened = 1, opened_at = r.first_at, last_at = r.last_at,
       turn_no = coalesce((select g.session_no from midwatch.run g where g.run_id = s.active), s.last_no)
  from (select g.tenant, g.session, min(g.created_at) first_at, greatest(max(g.created_at), max(g.ended_at)) last_at
          from midwatch.run g where g.session is not null group by 1, 2) r
 where r.tenant = s.tenant and r.session = s.session;

alter table midwatch.run
  -- The run of its session that took this message in.
  add column worked_by text collate "C",
  -- First and last number before it that were given up.
  add column gap bigint[],
  add column pruned_at bigint,
  -- JSON { firstHash, beganAt, sums }.
  add column proof text,
  add check (worked_by is null or due_at is null and worker_id is null),
  add check ((pruned_at is null) = (proof is null));
create index run_worked_by on midwatch.run (worked_by) where worked_by is not null;
create index run_ended on midwatch.run (ended_at, run_id) where ended_at is not null and pruned_at is null;

alter table midwatch.mail drop constraint mail_kind_check,
  add constraint mail_kind_check check (kind in ('answer', 'evidence', 'wake', 'child', 'message'));
alter table midwatch.notice drop constraint notice_kind_check,
  add constraint notice_kind_check check (kind in ('escalation', 'doubt', 'kill', 'release', 'dead_letter', 'gap', 'closed'));

alter type midwatch.op add attribute absorbs text[], add attribute state_version bigint, add attribute state_text text;
