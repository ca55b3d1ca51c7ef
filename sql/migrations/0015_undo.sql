-- An approval is for one version of an agent, and is used by one step: a begin that names it is refused otherwise.

alter table midwatch.escalation
  -- Of the run's agent when it was asked; null: asked before this was kept.
  add column version bigint,
  -- The step that was begun under the answer.
  add column used_by text,
  add check (used_by is null or decision = 'approve');

alter type midwatch.op add attribute approval text, add attribute approval_args text, add attribute undoes_attempt integer;
