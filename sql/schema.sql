-- Generated: the schema that the migrations and functions make, for review and to be compared.
-- Made anew by: npx vitest run src/ledger/postgres/snapshot.test.ts -u

create table midwatch.blob (
  tenant text collate "C" not null,
  digest text collate "C" not null,
  text text not null,
  run_id text collate "C",
  PRIMARY KEY (tenant, digest)
);
CREATE INDEX blob_run ON midwatch.blob USING btree (run_id) WHERE (run_id IS NOT NULL);

create table midwatch.breaker (
  key text collate "C" not null,
  state text not null default 'closed'::text,
  at bigint not null,
  revision bigint not null default 0,
  until bigint,
  opened integer not null default 0,
  probes integer not null default 0,
  probes_most integer not null default 3,
  set_by text not null default 'fleet'::text,
  reason text,
  PRIMARY KEY (key),
  CHECK (((probes >= 0) AND (probes <= probes_most))),
  CHECK (((until IS NOT NULL) = (state = ANY (ARRAY['open'::text, 'half_open'::text])))),
  CHECK ((probes_most > 0)),
  CHECK ((state = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text, 'isolated'::text])))
);
CREATE INDEX breaker_not_closed ON midwatch.breaker USING btree (key) WHERE (state <> 'closed'::text);

create table midwatch.breaker_move (
  key text collate "C" not null,
  revision bigint not null,
  was text not null,
  state text not null,
  at bigint not null,
  set_by text not null,
  reason text,
  PRIMARY KEY (key, revision),
  CHECK (((((((((((was = 'closed'::text) AND (state = 'open'::text)) OR ((was = 'open'::text) AND (state = 'half_open'::text))) OR ((was = 'half_open'::text) AND (state = 'half_open'::text))) OR ((was = 'half_open'::text) AND (state = 'open'::text))) OR ((was = 'half_open'::text) AND (state = 'closed'::text))) OR ((was = 'closed'::text) AND (state = 'isolated'::text))) OR ((was = 'open'::text) AND (state = 'isolated'::text))) OR ((was = 'half_open'::text) AND (state = 'isolated'::text))) OR ((was = 'isolated'::text) AND (state = 'half_open'::text))))
);

create table midwatch.ceiling (
  scope text collate "C" not null,
  meter text collate "C" not null,
  per text collate "C" not null,
  max bigint not null,
  set_by text not null,
  at bigint not null,
  no bigint not null generated always as identity,
  PRIMARY KEY (scope, meter, per),
  CHECK ((per = ANY (ARRAY['total'::text, 'hour'::text, 'day'::text, 'week'::text, 'month'::text]))),
  CHECK ((scope <> ''::text))
);

create table midwatch.child_group (
  run_id text collate "C" not null,
  step text collate "C" not null,
  at_once integer not null,
  admitted integer not null default 0,
  working integer not null default 0,
  ended integer not null default 0,
  total integer,
  PRIMARY KEY (run_id, step),
  CHECK ((at_once > 0)),
  CHECK ((working >= 0))
) with (fillfactor=50);

create table midwatch.drift_alarm (
  agent text collate "C" not null,
  measure text collate "C" not null,
  direction text not null,
  day bigint not null,
  body text not null,
  at bigint not null,
  PRIMARY KEY (agent, measure, direction, day),
  CHECK ((direction = ANY (ARRAY['up'::text, 'down'::text])))
);

create table midwatch.drift_point (
  agent text collate "C" not null,
  span text not null,
  at bigint not null,
  version bigint not null,
  tally jsonb not null,
  PRIMARY KEY (agent, span, at, version),
  CHECK ((span = ANY (ARRAY['hour'::text, 'day'::text])))
);

create table midwatch.drift_release (
  agent text collate "C" not null,
  version bigint not null,
  at bigint not null,
  PRIMARY KEY (agent, version)
);

create table midwatch.drift_trip (
  no bigint not null generated always as identity,
  agent text collate "C" not null,
  wire text collate "C" not null,
  scope text collate "C" not null,
  act text not null,
  evidence text not null,
  at bigint not null,
  released_at bigint,
  released_by text,
  PRIMARY KEY (no),
  CHECK (((released_at IS NULL) = (released_by IS NULL)))
);
CREATE INDEX drift_trip_scope ON midwatch.drift_trip USING btree (scope) WHERE (released_at IS NULL);
CREATE UNIQUE INDEX drift_trip_standing ON midwatch.drift_trip USING btree (agent, wire) WHERE (released_at IS NULL);

create table midwatch.effect (
  tenant text collate "C" not null,
  tool text collate "C" not null,
  key text collate "C" not null,
  args text not null default ''::text,
  state text not null default 'free'::text,
  attempt integer not null default 0,
  evidence integer not null default 0,
  run_id text collate "C",
  seq bigint,
  acts_until bigint not null default 0,
  undone integer not null default 0,
  acted text,
  PRIMARY KEY (tenant, tool, key),
  CHECK ((state = ANY (ARRAY['free'::text, 'under_way'::text, 'performed'::text, 'doubt'::text])))
) with (fillfactor=100);

create table midwatch.entry (
  run_id text collate "C" not null,
  seq bigint not null,
  kind text not null,
  fence bigint not null,
  at bigint not null,
  epoch bigint not null,
  ref bigint,
  facts text not null,
  body text,
  salt text not null,
  digest bytea not null,
  hash bytea not null,
  tx bigint default ((pg_current_xact_id())::text)::bigint,
  PRIMARY KEY (run_id, seq),
  CHECK ((kind = ANY (ARRAY['admit'::text, 'claim'::text, 'begin'::text, 'doubt'::text, 'settle'::text, 'note'::text, 'park'::text, 'end'::text, 'audit'::text])))
);
CREATE INDEX entry_tx ON midwatch.entry USING btree (((tx >> 4))) WHERE (tx > 0);

create table midwatch.escalation (
  id text collate "C" not null,
  tenant text collate "C" not null,
  run_id text collate "C" not null,
  agent text not null,
  kind text not null,
  tool text,
  args text not null,
  show text not null,
  chain text not null,
  rung integer not null,
  due_at bigint not null,
  not_before bigint,
  state text not null default 'open'::text,
  decision text,
  answered_by text,
  note text,
  result text,
  opened_at bigint not null,
  answered_at bigint,
  people smallint not null default 1,
  own boolean not null default false,
  first_by text,
  first_note text,
  first_result text,
  first_at bigint,
  version bigint,
  used_by text,
  PRIMARY KEY (id),
  CHECK (((state = 'answered'::text) = (decision IS NOT NULL))),
  CHECK (((first_by IS NULL) = (first_at IS NULL))),
  CHECK (((first_by IS NULL) OR ((people = 2) AND (first_by IS DISTINCT FROM answered_by)))),
  CHECK (((used_by IS NULL) OR (decision = 'approve'::text))),
  CHECK ((decision = ANY (ARRAY['approve'::text, 'deny'::text, 'happened'::text, 'not_happened'::text, 'answer'::text]))),
  CHECK ((kind = ANY (ARRAY['approval'::text, 'doubt'::text, 'question'::text]))),
  CHECK ((people = ANY (ARRAY[1, 2]))),
  CHECK ((state = ANY (ARRAY['open'::text, 'answered'::text, 'expired'::text, 'void'::text])))
);
CREATE INDEX escalation_run ON midwatch.escalation USING btree (run_id);
CREATE INDEX escalation_state ON midwatch.escalation USING btree (state, due_at);

create table midwatch.evidence (
  run_id text collate "C" not null,
  no bigint not null,
  ref bigint not null,
  fence bigint not null,
  did text not null,
  body text not null,
  digest text not null,
  at bigint not null,
  PRIMARY KEY (run_id, no),
  UNIQUE (run_id, ref, digest),
  CHECK ((did = ANY (ARRAY['performed'::text, 'not_performed'::text, 'failed'::text])))
);

create table midwatch.ledger (
  only_row boolean not null default true,
  incarnation bigint not null default 1,
  secret text not null,
  epoch bigint not null default 0,
  tx_base bigint not null default 0,
  has_older boolean not null default false,
  life text,
  stopped_at bigint,
  stopped_why text,
  stopped_by text,
  stopped_since bigint,
  PRIMARY KEY (only_row),
  CHECK ((((stopped_at IS NULL) = (stopped_why IS NULL)) AND ((stopped_at IS NULL) = (stopped_by IS NULL)))),
  CHECK (((incarnation >= 1) AND (incarnation <= 8191))),
  CHECK (only_row)
) with (fillfactor=50);

create table midwatch.lost (
  run_id text collate "C" not null,
  seq bigint not null,
  salt text not null,
  told text not null,
  told_by text not null,
  told_at bigint not null,
  kept_as text collate "C",
  PRIMARY KEY (run_id, seq, salt)
);

create table midwatch.mail (
  run_id text collate "C" not null,
  no bigint not null,
  kind text not null,
  body text not null,
  at bigint not null,
  PRIMARY KEY (run_id, no),
  CHECK ((kind = ANY (ARRAY['answer'::text, 'evidence'::text, 'wake'::text, 'child'::text, 'message'::text, 'moved'::text])))
);

create table midwatch.meter (
  scope text collate "C" not null,
  meter text collate "C" not null,
  per text collate "C" not null,
  win bigint not null,
  used bigint not null default 0,
  reserved bigint not null default 0,
  id bigint not null generated always as identity,
  PRIMARY KEY (scope, meter, per, win),
  UNIQUE (id),
  CHECK ((per = ANY (ARRAY['total'::text, 'hour'::text, 'day'::text, 'week'::text, 'month'::text]))),
  CHECK ((reserved >= 0))
) with (fillfactor=50);

create table midwatch.migration (
  version integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default now(),
  PRIMARY KEY (version)
);

create table midwatch.notice (
  no bigint not null generated always as identity,
  kind text not null,
  tenant text,
  run_id text,
  body text not null,
  at bigint not null,
  tries integer not null default 0,
  tried_at bigint,
  sent_at bigint,
  PRIMARY KEY (no),
  CHECK ((kind = ANY (ARRAY['escalation'::text, 'doubt'::text, 'kill'::text, 'release'::text, 'dead_letter'::text, 'gap'::text, 'closed'::text, 'alarm'::text, 'tripwire'::text, 'breaker'::text, 'overload'::text, 'stopped'::text, 'reconciled'::text])))
);
CREATE INDEX notice_unsent ON midwatch.notice USING btree (no) WHERE (sent_at IS NULL);

create table midwatch.pin (
  pin_id bigint not null generated always as identity,
  agent text collate "C" not null,
  version bigint not null,
  fingerprint text collate "C" not null,
  meters text[] not null,
  serves text collate "C" not null generated always as (((((agent || '@'::text) || (version)::text) || '#'::text) || fingerprint)) stored,
  serves_any text collate "C" not null generated always as ((((agent || '@'::text) || version) || '#*'::text)) stored,
  PRIMARY KEY (pin_id),
  UNIQUE (agent, version, fingerprint, meters)
);
CREATE INDEX pin_serves ON midwatch.pin USING btree (serves);
CREATE INDEX pin_serves_any ON midwatch.pin USING btree (serves_any);

create table midwatch.queue_bound (
  scope text collate "C" not null,
  max integer not null,
  set_by text not null,
  at bigint not null,
  PRIMARY KEY (scope),
  CHECK ((max > 0))
);

create table midwatch.queue_line (
  scope text collate "C" not null,
  room integer not null default 0,
  full_until bigint not null default 0,
  admitted bigint not null default 0,
  refused bigint not null default 0,
  late bigint not null default 0,
  shed bigint not null default 0,
  mark_at bigint,
  mark_depth integer,
  mark_admitted bigint,
  mark_shed bigint,
  rate bigint,
  rate_at bigint,
  told_at bigint,
  PRIMARY KEY (scope)
) with (fillfactor=50);

create table midwatch.reconciliation (
  incarnation bigint not null,
  at bigint not null,
  set_by text not null,
  life text not null,
  why text,
  since bigint,
  unsure bigint not null,
  lost bigint not null,
  PRIMARY KEY (incarnation)
);

create table midwatch.run (
  run_id text collate "C" not null,
  tenant text collate "C" not null,
  agent text collate "C" not null,
  queue text collate "C" not null,
  pin_id bigint not null,
  key text collate "C",
  session text collate "C",
  session_no bigint,
  principal text,
  origin text collate "C" not null,
  input_digest text not null,
  created_at bigint not null,
  deadline_at bigint not null,
  ended_at bigint,
  state text not null default 'queued'::text,
  waits text,
  outcome text,
  detail text,
  worker_id bigint,
  due_at bigint,
  fence bigint not null default 0,
  claims integer not null default 0,
  mail_head bigint not null default 0,
  mail_seen bigint not null default 0,
  head_seq bigint not null,
  head_hash text not null,
  open bigint[] not null default '{}'::bigint[],
  doubts bigint[] not null default '{}'::bigint[],
  used bigint[] not null,
  reserved bigint[] not null,
  parent text collate "C",
  step text collate "C",
  group_no integer,
  behind boolean,
  ancestors text[] collate "C",
  above text[] collate "C",
  continues text collate "C",
  continued_as text collate "C",
  first text collate "C",
  link integer,
  worked_by text collate "C",
  gap bigint[],
  pruned_at bigint,
  proof text,
  folded boolean not null default false,
  owner text,
  priority smallint not null default 1,
  in_line boolean not null default false,
  sheds boolean not null default false,
  unsure bigint,
  PRIMARY KEY (run_id),
  CHECK (((state = 'ended'::text) = (outcome IS NOT NULL))),
  CHECK (((due_at IS NULL) OR (state <> 'running'::text))),
  CHECK (((worked_by IS NULL) OR ((due_at IS NULL) AND (worker_id IS NULL)))),
  CHECK (((pruned_at IS NULL) = (proof IS NULL))),
  CHECK ((outcome = ANY (ARRAY['completed'::text, 'refused'::text, 'handed_over'::text, 'exhausted'::text, 'failed'::text, 'killed'::text]))),
  CHECK ((owner = ANY (ARRAY['model'::text, 'tool'::text, 'provider'::text, 'policy'::text, 'orchestration'::text, 'store'::text]))),
  CHECK (((priority >= 0) AND (priority <= 2))),
  CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'ended'::text]))),
  FOREIGN KEY (pin_id) REFERENCES midwatch.pin(pin_id)
) with (fillfactor=30);
CREATE INDEX run_agent ON midwatch.run USING btree (agent, run_id);
CREATE INDEX run_behind ON midwatch.run USING btree (parent, step, group_no) WHERE behind;
CREATE INDEX run_doubt ON midwatch.run USING btree (run_id) WHERE (doubts <> '{}'::bigint[]);
CREATE INDEX run_due ON midwatch.run USING btree (queue, pin_id, priority, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX run_ended ON midwatch.run USING btree (ended_at, run_id) WHERE ((ended_at IS NOT NULL) AND (pruned_at IS NULL));
CREATE INDEX run_failed ON midwatch.run USING btree (ended_at) WHERE (outcome = 'failed'::text);
CREATE UNIQUE INDEX run_key ON midwatch.run USING btree (tenant, agent, key) WHERE (key IS NOT NULL);
CREATE INDEX run_line_agent ON midwatch.run USING btree (agent, sheds, priority, run_id DESC) WHERE (in_line AND (worked_by IS NULL));
CREATE INDEX run_line_queue ON midwatch.run USING btree (queue, sheds, priority, run_id DESC) WHERE (in_line AND (worked_by IS NULL));
CREATE INDEX run_line_tenant ON midwatch.run USING btree (tenant, sheds, priority, run_id DESC) WHERE (in_line AND (worked_by IS NULL));
CREATE INDEX run_live ON midwatch.run USING btree (tenant, run_id) WHERE (ended_at IS NULL);
CREATE INDEX run_misfit ON midwatch.run USING btree (pin_id) WHERE (waits ~~ 'mismatch:%'::text);
CREATE INDEX run_parent ON midwatch.run USING btree (parent, step, COALESCE(group_no, 0), run_id) WHERE (parent IS NOT NULL);
CREATE UNIQUE INDEX run_session ON midwatch.run USING btree (tenant, session, session_no, link) NULLS NOT DISTINCT WHERE (session IS NOT NULL);
CREATE INDEX run_turn ON midwatch.run USING btree (queue, pin_id, priority, tenant, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX run_unfolded ON midwatch.run USING btree (ended_at, run_id) WHERE ((ended_at IS NOT NULL) AND (NOT folded) AND (pruned_at IS NULL));
CREATE INDEX run_unfolded_pruned ON midwatch.run USING btree (run_id) WHERE ((NOT folded) AND (pruned_at IS NOT NULL));
CREATE INDEX run_worked_by ON midwatch.run USING btree (worked_by) WHERE (worked_by IS NOT NULL);
CREATE INDEX run_worker ON midwatch.run USING btree (worker_id) WHERE (worker_id IS NOT NULL);

create table midwatch.schedule (
  name text collate "C" not null,
  version bigint not null,
  cron text not null,
  tz text not null,
  overlap text not null,
  missed text not null,
  revision bigint not null default 1,
  since bigint not null,
  first_seen bigint not null,
  done_until bigint not null,
  last_tick bigint,
  last_run text collate "C",
  ran bigint not null default 0,
  skipped bigint not null default 0,
  looked_at bigint not null,
  PRIMARY KEY (name),
  CHECK ((missed = ANY (ARRAY['last'::text, 'all'::text, 'skip'::text]))),
  CHECK ((overlap = ANY (ARRAY['skip'::text, 'queue'::text])))
);

create table midwatch.score (
  run_id text collate "C" not null,
  name text collate "C" not null,
  source text not null,
  who text collate "C" not null default ''::text,
  tenant text collate "C" not null,
  agent text collate "C" not null,
  version bigint not null,
  week bigint not null,
  value double precision not null,
  usd_micros bigint not null default 0,
  reason text,
  at bigint not null,
  PRIMARY KEY (run_id, name, source, who),
  CHECK (((who = ''::text) = (source <> 'person'::text))),
  CHECK ((source = ANY (ARRAY['code'::text, 'verifier'::text, 'person'::text, 'reopened'::text]))),
  CHECK (((value >= (0)::double precision) AND (value <= (1)::double precision)))
);
CREATE INDEX score_week ON midwatch.score USING btree (agent, week);

create table midwatch.session (
  tenant text collate "C" not null,
  session text collate "C" not null,
  last_no bigint not null default 0,
  active text collate "C",
  turn_no bigint not null default 0,
  sequenced boolean,
  gap_ms bigint not null default 0,
  gap_due_at bigint,
  state_version bigint,
  state_text text,
  closed_by text,
  closed_reason text,
  closed_at bigint,
  opened integer not null default 0,
  opened_at bigint not null default 0,
  last_at bigint not null default 0,
  idle_ms bigint,
  PRIMARY KEY (tenant, session),
  CHECK (((closed_at IS NULL) = (closed_by IS NULL))),
  CHECK (((state_version IS NULL) = (state_text IS NULL)))
) with (fillfactor=50);
CREATE INDEX session_gap ON midwatch.session USING btree (gap_due_at) WHERE (gap_due_at IS NOT NULL);

create table midwatch.switch (
  scope text collate "C" not null,
  mode text not null,
  engaged boolean not null,
  epoch bigint not null,
  set_by text not null,
  reason text,
  at bigint not null,
  PRIMARY KEY (scope),
  CHECK ((mode = ANY (ARRAY['hold'::text, 'end'::text])))
);
CREATE INDEX switch_engaged ON midwatch.switch USING btree (scope) WHERE engaged;

create table midwatch.switch_move (
  epoch bigint not null,
  scope text collate "C" not null,
  mode text not null,
  engaged boolean not null,
  set_by text not null,
  reason text,
  at bigint not null,
  PRIMARY KEY (epoch),
  CHECK ((mode = ANY (ARRAY['hold'::text, 'end'::text])))
);

create table midwatch.tally (
  worker_id bigint not null,
  at bigint not null,
  told text not null,
  PRIMARY KEY (worker_id)
) with (fillfactor=50);

create table midwatch.token (
  id text collate "C" not null,
  hash bytea not null,
  name text collate "C" not null,
  role text not null,
  tenants text[],
  created_at bigint not null,
  created_by text not null,
  expires_at bigint,
  revoked_at bigint,
  revoked_by text,
  last_used_at bigint,
  PRIMARY KEY (id),
  UNIQUE (hash),
  UNIQUE (name),
  CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
  CHECK ((octet_length(hash) = 32)),
  CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'approver'::text, 'admin'::text])))
);

create table midwatch.tool_lock (
  tenant text collate "C" not null,
  name text collate "C" not null,
  run_id text collate "C",
  seq bigint,
  PRIMARY KEY (tenant, name)
) with (fillfactor=50);

create table midwatch.worker (
  worker_id bigint not null generated always as identity,
  name text not null,
  serves text[] not null,
  queues text[] not null,
  lease_ms bigint not null,
  lease_until bigint not null,
  started_at bigint not null,
  retired boolean not null default false,
  present_under bigint,
  turns text[] collate "C" not null default '{"","",""}'::text[],
  credits smallint[] not null default '{0,0,0}'::smallint[],
  beat_at bigint not null default 0,
  look_pages bigint not null default 0,
  looked_at bigint not null default 0,
  due_from bigint not null default 0,
  far_at bigint not null default 0,
  dead_from bigint not null default 0,
  PRIMARY KEY (worker_id)
) with (fillfactor=50);

create type midwatch.begun as (
  actsUntil bigint,
  charges midwatch.held_charges,
  effect midwatch.held_effect,
  locks text[]
);

create type midwatch.bound_on as (
  kind text,
  name text,
  scope text,
  max integer
);

create type midwatch.held_charges as (
  scope text[],
  meter text[],
  kind text[],
  per text[],
  amount bigint[],
  window bigint[],
  place bigint[]
);

create type midwatch.held_effect as (
  tool text,
  key text,
  args text,
  attempt integer,
  undoes midwatch.held_undo
);

create type midwatch.held_undo as (
  tool text,
  key text,
  attempt integer
);

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
  detail text,
  undoes_tool text,
  undoes_key text,
  up text[],
  next jsonb,
  absorbs text[],
  state_version bigint,
  state_text text,
  scores jsonb,
  approval text,
  approval_args text,
  undoes_attempt integer,
  owner text
);

create type midwatch.strode as (
  row tid,
  head_seq bigint,
  head_hash text,
  open bigint[],
  used bigint[],
  reserved bigint[],
  claims integer
);

-- absent_workers() returns SETOF bigint set search_path=midwatch, pg_temp
-- accept_life(p_known text, p_life text) returns boolean security definer set search_path=midwatch, pg_temp
-- add_score(p_run text, p_name text, p_value double precision, p_source text, p_who text, p_usd_micros bigint, p_reason text) returns text set search_path=midwatch, pg_temp
-- admit(head jsonb, body text, OUT code text, OUT run_id text, OUT overload text, OUT shed text[]) returns record set search_path=midwatch, pg_temp
-- admit_all(heads jsonb, bodies text[], OUT code text, OUT run_id text, OUT overload text, OUT shed text[]) returns SETOF record set search_path=midwatch, pg_temp
-- after_in_groups(ending text[], in_hand text[]) returns text[] set search_path=midwatch, pg_temp
-- answer(p_id text, p_decision text, p_by text, p_args text, p_note text, p_result text, OUT code text, OUT state text, OUT not_before bigint, OUT missing integer) returns record set search_path=midwatch, pg_temp
-- apply(heads jsonb, bodies text[], t_place integer[], t_run text[], t_fence bigint[], t_seq bigint[], s_ref bigint[], s_did text[], s_used text[], s_salt text[], s_body text[], b_shape integer[], b_acts bigint[], b_step text[], b_tool text[], b_key text[], b_args text[], b_salt text[], b_body text[], OUT at bigint, OUT answers text) returns record set search_path=midwatch, pg_temp, enable_seqscan=off, enable_hashjoin=off, enable_mergejoin=off, enable_material=off, jit=off, plan_cache_mode=force_generic_plan
-- ask(p_run text, p_tenant text, p_agent text, asked jsonb, p_at bigint) returns bigint set search_path=midwatch, pg_temp
-- asks_back(place midwatch.session, head jsonb) returns boolean set search_path=midwatch, pg_temp
-- assert_isolation() returns void
-- begin_rate(p_depth bigint, p_begun bigint, p_ms bigint) returns bigint
-- bounds_on(head jsonb) returns midwatch.bound_on[] set search_path=midwatch, pg_temp
-- candidates(w midwatch.worker, mine bigint[], p_limit integer, now_ms bigint, p_most integer) returns text[] set search_path=midwatch, pg_temp
-- claim(p_worker bigint, p_limit integer, p_run text, p_most integer DEFAULT NULL::integer) returns TABLE(claimed midwatch.run, scope text, mode text, set_by text, at bigint) set search_path=midwatch, pg_temp, enable_seqscan=off, enable_hashjoin=off, enable_mergejoin=off, jit=off, plan_cache_mode=force_generic_plan
-- claim_misfit(p_worker bigint, p_run text) returns TABLE(claimed midwatch.run, scope text, mode text, set_by text, at bigint) set search_path=midwatch, pg_temp
-- claimable(g midwatch.run, now_ms bigint) returns boolean
-- clock_ms() returns bigint
-- close_session(p_tenant text, p_session text, p_closes boolean, p_by text, p_reason text) returns text set search_path=midwatch, pg_temp
-- counted(l midwatch.queue_line, p_kind text, p_name text, p_max integer, p_at bigint) returns midwatch.queue_line set search_path=midwatch, pg_temp
-- covering(r midwatch.run, OUT scope text, OUT mode text, OUT set_by text) returns SETOF record
-- decide_breaker(p_key text, p_revision bigint, p_to text, p_cool_down_ms bigint, p_most integer, p_opened integer, p_reason text) returns boolean set search_path=midwatch, pg_temp
-- depth_of(p_kind text, p_name text, p_most bigint, p_tenant text DEFAULT NULL::text, p_from smallint DEFAULT 0) returns bigint set search_path=midwatch, pg_temp, enable_seqscan=off, enable_bitmapscan=off, plan_cache_mode=force_generic_plan
-- drift_alarm(p_agent text, p_measure text, p_direction text, p_day bigint, p_body text, p_within_ms bigint) returns text set search_path=midwatch, pg_temp
-- due_runs(p_serves text[], p_queues text[], p_limit integer) returns TABLE("runId" text, fence bigint, "dueAt" bigint) set search_path=midwatch, pg_temp, enable_seqscan=off, enable_hashjoin=off, enable_mergejoin=off, jit=off
-- end_taken_in(r midwatch.run, heir text, body text, salt text, digest text, at bigint, epoch bigint, INOUT runs midwatch.run[], OUT taken integer[]) returns record set search_path=midwatch, pg_temp
-- engage(p_scope text, p_mode text, p_by text, p_reason text, OUT epoch bigint, OUT at bigint) returns record set search_path=midwatch, pg_temp
-- entry_hash(hash_before text, run_id text, seq bigint, kind text, fence bigint, at bigint, epoch bigint, ref bigint, facts text, digest text) returns text
-- erase(p_run text) returns integer security definer set search_path=midwatch, pg_temp
-- feed_here(OUT life text, OUT horizon bigint, OUT ahead bigint, OUT is_copied boolean, OUT has_older boolean) returns record set search_path=midwatch, pg_temp
-- fold(p_runs text[], p_points jsonb, p_releases jsonb) returns text set search_path=midwatch, pg_temp
-- gap_before(place midwatch.session, p_no bigint) returns bigint[] set search_path=midwatch, pg_temp
-- give_turn(next midwatch.run, p_at bigint) returns boolean set search_path=midwatch, pg_temp
-- go_on(r midwatch.run, next jsonb, p_at bigint, p_epoch bigint) returns boolean set search_path=midwatch, pg_temp
-- grant_runtime(p_role text) returns void set search_path=midwatch, pg_temp
-- has_misfits(p_worker bigint) returns boolean set search_path=midwatch, pg_temp, enable_seqscan=off
-- has_turn(r midwatch.run) returns boolean
-- heard_of(p_state text, p_undone integer, p_acted text, p_attempt integer, p_run text, p_seq bigint, p_args text, OUT state text, OUT acted text) returns record set search_path=midwatch, pg_temp
-- heartbeat(p_worker bigint, p_lease_ms bigint, OUT held boolean, OUT at bigint, OUT lease_until bigint, OUT was bigint) returns record set search_path=midwatch, pg_temp
-- isolate_breaker(p_key text, p_by text, p_reason text) returns boolean set search_path=midwatch, pg_temp
-- join_group(c midwatch.child_group) returns void set search_path=midwatch, pg_temp
-- join_session(place midwatch.session, head jsonb, p_no bigint, turn boolean, p_at bigint) returns void set search_path=midwatch, pg_temp
-- keep_presence(p_worker bigint) returns boolean set search_path=midwatch, pg_temp
-- keep_schedule(p jsonb) returns midwatch.schedule set search_path=midwatch, pg_temp
-- keep_scores(r midwatch.run, p_scores jsonb, p_at bigint) returns void set search_path=midwatch, pg_temp
-- known_id(p_run text, p_tenant text, p_agent text, p_key text) returns text set search_path=midwatch, pg_temp, enable_seqscan=off
-- lacks_before(place midwatch.session, p_no bigint) returns boolean set search_path=midwatch, pg_temp
-- leave_notice(p_kind text, p_tenant text, p_run text, p_body text, p_at bigint) returns void set search_path=midwatch, pg_temp
-- let_go(p_scope text, p_at bigint, p_jitter_ms bigint, p_after text, p_limit integer) returns text set search_path=midwatch, pg_temp
-- let_through(p_key text, p_at bigint, p_jitter_ms bigint, p_after text, p_limit integer) returns text set search_path=midwatch, pg_temp
-- life_now() returns text
-- line_of(w midwatch.worker, mine bigint[], p_level smallint, p_limit integer, since bigint, now_ms bigint, full_tenants text[], OUT ids text[], OUT tenants text[], OUT turn text, OUT first_due bigint) returns record set search_path=midwatch, pg_temp
-- list_lines(p_limit integer, p_most integer, OUT scope text, OUT max integer, OUT by text, OUT at bigint, OUT waiting bigint, OUT refused bigint, OUT late bigint, OUT shed bigint, OUT rate bigint) returns SETOF record set search_path=midwatch, pg_temp
-- list_queues(p_most integer, OUT queue text, OUT waiting bigint, OUT "oldestAt" bigint, OUT "servedBy" text[]) returns SETOF record set search_path=midwatch, pg_temp, enable_seqscan=off, enable_sort=off
-- lock_lines(scopes text[]) returns void set search_path=midwatch, pg_temp, enable_seqscan=off
-- make_due(r midwatch.run, p_at bigint) returns void set search_path=midwatch, pg_temp
-- may_claim() returns boolean
-- may_write_state(r midwatch.run) returns boolean
-- meet_active(place midwatch.session, head jsonb, p_no bigint, p_at bigint) returns void set search_path=midwatch, pg_temp
-- move_breaker(p_key text, p_revision bigint, p_state text, p_until bigint, p_probes integer, p_most integer, p_opened integer, p_by text, p_reason text, p_at bigint) returns boolean set search_path=midwatch, pg_temp
-- move_switch(p_scope text, p_mode text, p_engaged boolean, p_by text, p_reason text, OUT epoch bigint, OUT at bigint) returns record set search_path=midwatch, pg_temp
-- next_of_group(p_parent text, p_step text, in_hand text[], p_at bigint) returns boolean set search_path=midwatch, pg_temp
-- next_of_session(p_tenant text, p_session text, in_hand text[], p_at bigint) returns void set search_path=midwatch, pg_temp
-- notice_of(asked midwatch.escalation, p_first text) returns text set search_path=midwatch, pg_temp
-- overload_text(p_scope text, p_why text, p_retry_ms bigint) returns text
-- pass_gaps(p_limit integer) returns integer set search_path=midwatch, pg_temp
-- pin_of(agent text, version bigint, fingerprint text, meters text[]) returns bigint set search_path=midwatch, pg_temp
-- pinned(p_pin bigint) returns midwatch.pin set search_path=midwatch, pg_temp
-- post(r midwatch.run, p_kind text, p_body text, p_at bigint) returns void set search_path=midwatch, pg_temp
-- proof_of(p_run text) returns text set search_path=midwatch, pg_temp
-- prune(p_ended_before bigint, p_limit integer) returns integer security definer set search_path=midwatch, pg_temp
-- raise_incarnation(OUT incarnation bigint, OUT released bigint) returns record set search_path=midwatch, pg_temp
-- reap(p_workers bigint[]) returns integer set search_path=midwatch, pg_temp
-- refold(p_day bigint, OUT code text, OUT runs integer) returns record set search_path=midwatch, pg_temp
-- refused_by_session(place midwatch.session, head jsonb, OUT code text, OUT run_id text) returns record set search_path=midwatch, pg_temp
-- register(p_name text, p_lease_ms bigint, p_serves text[], p_queues text[], OUT worker_id bigint, OUT at bigint, OUT lease_until bigint) returns record set search_path=midwatch, pg_temp
-- release(p_scope text, p_by text, OUT epoch bigint, OUT at bigint, OUT released boolean) returns record set search_path=midwatch, pg_temp
-- release_breaker(p_key text, p_by text, OUT at bigint, OUT released boolean) returns record set search_path=midwatch, pg_temp
-- release_trips(p_scope text, p_kinds text[], p_meter text, p_per text, p_by text) returns integer set search_path=midwatch, pg_temp
-- remember_look(w midwatch.worker, whole boolean, far boolean, p_from bigint, p_asked bigint, now_ms bigint, p_pages bigint) returns void set search_path=midwatch, pg_temp
-- repin(p_run text, p_version bigint, p_fingerprint text, p_by text) returns text set search_path=midwatch, pg_temp
-- resume_claims(p_by text, p_why text, p_since bigint, p_runs text[], p_lost bigint) returns bigint set search_path=midwatch, pg_temp
-- retire(p_worker bigint) returns void set search_path=midwatch, pg_temp
-- retry_after_ms(p_depth bigint, p_rate bigint) returns bigint
-- revoke_token(p_token text, p_by text) returns text security definer set search_path=midwatch, pg_temp
-- room_for(head jsonb, lines midwatch.bound_on[], p_at bigint, OUT overload text, OUT victims text[]) returns record set search_path=midwatch, pg_temp
-- scopes_above(mother midwatch.run, p_run text, p_tenant text, p_agent text, p_session text) returns text[]
-- scopes_of(r midwatch.run) returns text[]
-- seal_group(p_run text, p_fence bigint, p_step text, p_total integer) returns text set search_path=midwatch, pg_temp
-- served_pins(p_serves text[]) returns bigint[] set search_path=midwatch, pg_temp, enable_seqscan=off
-- set_bound(p_scope text, p_max integer, p_by text) returns void set search_path=midwatch, pg_temp
-- sha256_hex(words text) returns text
-- shed(p_run text, p_by text, p_at bigint) returns void set search_path=midwatch, pg_temp
-- standing(OUT life text, OUT known text, OUT incarnation bigint, OUT synchronous boolean, OUT stopped_at bigint, OUT stopped_why text, OUT stopped_by text, OUT stopped_since bigint) returns record set search_path=midwatch, pg_temp
-- started_ms() returns bigint
-- stop_claims(p_why text, p_by text, p_since bigint) returns boolean security definer set search_path=midwatch, pg_temp
-- sweep_switched(p_limit integer) returns integer set search_path=midwatch, pg_temp
-- take_in(r midwatch.run, absorbs text[], sw_scope text[], sw_mode text[], at bigint, epoch bigint, INOUT runs midwatch.run[], OUT code text, OUT extra text, OUT taken integer[]) returns record set search_path=midwatch, pg_temp
-- take_notices(p_limit integer, p_retry_after_ms bigint) returns SETOF midwatch.notice set search_path=midwatch, pg_temp
-- take_places(p_run text, lines midwatch.bound_on[], victims text[], p_at bigint) returns void set search_path=midwatch, pg_temp
-- take_scope(p_scope text) returns void set search_path=midwatch, pg_temp
-- take_strides(at bigint, epoch bigint, any_switch boolean, shapes midwatch.op[], names text[], list_ids bigint[], held_ids bigint[], stop_at integer, unclean integer[], mine integer[], barred text[], t_place integer[], t_run text[], t_fence bigint[], t_seq bigint[], s_ref bigint[], s_did text[], s_used text[], s_salt text[], s_body text[], h_facts text[], h_key text[], h_place text[], h_row tid[], b_shape integer[], b_step text[], b_tool text[], b_key text[], b_args text[], b_salt text[], b_body text[]) returns text[]
-- tally_sum(a jsonb, b jsonb) returns jsonb set search_path=midwatch, pg_temp
-- tell_lost(p_by text, p_runs text[], p_seqs bigint[], p_salts text[], p_told text[]) returns integer security definer set search_path=midwatch, pg_temp
-- tell_overload(p_scope text, p_kind text, p_name text, p_max integer, p_at bigint) returns void set search_path=midwatch, pg_temp
-- tell_tally(p_worker_id bigint, p_told text, p_within_ms bigint, OUT at bigint, OUT others text[]) returns record set search_path=midwatch, pg_temp
-- tick(p_name text, p_revision bigint, p_from bigint, p_until bigint, p_skipped bigint, ats bigint[], heads jsonb[], bodies text[], OUT code text, OUT runs text[], OUT skipped bigint) returns record set search_path=midwatch, pg_temp
-- to_shed(p_kind text, p_name text, p_below smallint) returns text set search_path=midwatch, pg_temp, enable_seqscan=off, enable_sort=off
-- trip(p_agent text, p_wire text, p_act text, p_evidence text, p_since bigint) returns text set search_path=midwatch, pg_temp
-- unsure_since(r midwatch.run) returns bigint
-- void_escalations(p_run text, kept text[]) returns void set search_path=midwatch, pg_temp
-- wake(p_run text) returns void set search_path=midwatch, pg_temp
-- widened(r midwatch.run, names json) returns midwatch.run set search_path=midwatch, pg_temp
-- window_end(per text, at bigint) returns bigint
-- window_start(per text, at bigint) returns bigint
-- with_fact(facts text, fact text) returns text
-- work_ops(at bigint, epoch bigint, any_switch boolean, barred text[], ops midwatch.op[], bodies text[], ids text[], next_runs text[], above text[], names text[], list_ids bigint[]) returns text[]
-- write_state(r midwatch.run, p_version bigint, p_text text) returns text set search_path=midwatch, pg_temp
