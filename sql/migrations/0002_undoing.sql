-- Keys that are taken back by another effect, and attempts that are known to have acted although a later one holds the key.

alter table midwatch.effect
  -- Attempts up to this one were taken back; what is still heard of them counts no more.
  add column undone integer not null default 0,
  -- { runId, seq, args } of an attempt that surely acted while another one holds the key.
  add column acted text;

alter type midwatch.op add attribute undoes_tool text, add attribute undoes_key text;

create type midwatch.held_undo as (tool text, key text, attempt integer);
alter type midwatch.held_effect add attribute undoes midwatch.held_undo;
