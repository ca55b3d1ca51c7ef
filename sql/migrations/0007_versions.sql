-- Versions in flight: workers serve every run of a declared version too, and look again at what changed code left parked.

alter table midwatch.pin add column serves_any text collate "C" not null
  generated always as (agent || '@' || version || '#*') stored;
create index pin_serves_any on midwatch.pin (serves_any);

create index run_misfit on midwatch.run (pin_id) where waits like 'mismatch:%';

alter table midwatch.mail drop constraint mail_kind_check;
alter table midwatch.mail add constraint mail_kind_check
  check (kind in ('answer', 'evidence', 'wake', 'child', 'message', 'moved'));

-- Schedules, and how far each is.
create table midwatch.schedule (
  name text collate "C" primary key,
  version bigint not null,
  cron text not null,
  tz text not null,
  overlap text not null check (overlap in ('skip', 'queue')),
  missed text not null check (missed in ('last', 'all', 'skip')),
  revision bigint not null default 1,
  since bigint not null,
  first_seen bigint not null,
  done_until bigint not null,
  last_tick bigint,
  last_run text collate "C",
  ran bigint not null default 0,
  skipped bigint not null default 0,
  looked_at bigint not null
);
