-- More of what a worker remembers of its looks: when it last looked further back than at what was due last, and of which workers it
-- knows that they died and hold nothing: those that died no later than this.
alter table midwatch.worker
  add column far_at bigint not null default 0,
  add column dead_from bigint not null default 0;
