-- How good the outcomes of runs were, and who said so. A score outlives its run's journal; its week is that of the run's end.
create table midwatch.score (
  run_id text collate "C" not null,
  name text collate "C" not null,
  source text not null check (source in ('code', 'verifier', 'person', 'reopened')),
  who text collate "C" not null default '' check ((who = '') = (source <> 'person')),
  tenant text collate "C" not null,
  agent text collate "C" not null,
  version bigint not null,
  week bigint not null,
  value double precision not null check (value >= 0 and value <= 1),
  usd_micros bigint not null default 0,
  reason text,
  at bigint not null,
  primary key (run_id, name, source, who)
);
create index score_week on midwatch.score (agent, week);

-- An end writes what is known of its outcome at once.
alter type midwatch.op add attribute scores jsonb;
