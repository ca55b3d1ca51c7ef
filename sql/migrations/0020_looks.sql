-- What a worker remembers of its looks for due runs while old row versions cannot be cleared away: how many pages a look over all
-- of them touched (0: not worth mentioning), when that was, and from which due time on looks in between begin.
alter table midwatch.worker
  add column look_pages bigint not null default 0,
  add column looked_at bigint not null default 0,
  add column due_from bigint not null default 0;
