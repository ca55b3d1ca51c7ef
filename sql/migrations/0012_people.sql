-- Of two who must both say yes the first: what was said stands here until the second has spoken. `own`: whoever asked for the
-- run may approve it too.

alter table midwatch.escalation
  add column people smallint not null default 1 check (people in (1, 2)),
  add column own boolean not null default false,
  add column first_by text,
  add column first_note text,
  add column first_result text,
  add column first_at bigint,
  add check ((first_by is null) = (first_at is null)),
  add check (first_by is null or people = 2 and first_by is distinct from answered_by);
-- It answers with how many are still missing, too.
drop function if exists midwatch.answer(text, text, text, text, text, text);
