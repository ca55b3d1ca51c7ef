-- Series of what runs came to, folded from their journals. A run that has ended is folded once: `folded` says so.
alter table midwatch.run add column folded boolean not null default false;
create index run_unfolded on midwatch.run (ended_at, run_id) where ended_at is not null and not folded and pruned_at is null;
-- Journals that went before anybody folded them.
create index run_unfolded_pruned on midwatch.run (run_id) where not folded and pruned_at is not null;

-- What the runs of a version came to that ended in one span: sums by name, which are only ever added to.
create table midwatch.drift_point (
  agent text collate "C" not null,
  span text not null check (span in ('hour', 'day')),
  at bigint not null,
  version bigint not null,
  tally jsonb not null,
  primary key (agent, span, at, version)
);

-- When the first run of a version was started.
create table midwatch.drift_release (
  agent text collate "C" not null,
  version bigint not null,
  at bigint not null,
  primary key (agent, version)
);

-- Changes that people were told of.
create table midwatch.drift_alarm (
  agent text collate "C" not null,
  measure text collate "C" not null,
  direction text not null check (direction in ('up', 'down')),
  day bigint not null,
  body text not null,
  at bigint not null,
  primary key (agent, measure, direction, day)
);

-- Tripwires that tripped. One stands until a person releases what it engaged; while it stands it does not trip again.
create table midwatch.drift_trip (
  no bigint generated always as identity primary key,
  agent text collate "C" not null,
  wire text collate "C" not null,
  scope text collate "C" not null,
  act text not null,
  evidence text not null,
  at bigint not null,
  released_at bigint,
  released_by text,
  check ((released_at is null) = (released_by is null))
);
create unique index drift_trip_standing on midwatch.drift_trip (agent, wire) where released_at is null;
create index drift_trip_scope on midwatch.drift_trip (scope) where released_at is null;

alter table midwatch.notice drop constraint notice_kind_check,
  add constraint notice_kind_check check (kind in
    ('escalation', 'doubt', 'kill', 'release', 'dead_letter', 'gap', 'closed', 'alarm', 'tripwire'));
