-- Versions in flight: workers serve every run of a declared version too, and look again at what changed code left parked.

alter table midwatch.pin add column serves_any text collate "C" not null
  generated always as (agent || '@' || version || '#*') stored;
create index pin_serves_any on midwatch.pin (serves_any);

create index run_misfit on midwatch.run (pin_id) where waits like 'mismatch:%';

alter table midwatch.mail drop constraint mail_kind_check;
alter table midwatch.mail add constraint mail_kind_check
  check (kind in ('answer', 'evidence', 'wake', 'child', 'message', 'moved'));
