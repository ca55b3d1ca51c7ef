-- Rows that take less room. Digests and hashes are stored as the bytes that they are; everyone else goes on to see hex.
alter table midwatch.entry
  alter column digest type bytea using decode(digest, 'hex'),
  alter column hash type bytea using decode(hash, 'hex');

-- A key's row is written once and changed once, mostly soon after: what that leaves behind on its page makes room for the
-- next. Which keys a run holds is known from its journal.
alter table midwatch.effect set (fillfactor = 100);
drop index midwatch.effect_run;

-- A run's row is changed by every batch that the run is in, before others have forgotten the version before.
alter table midwatch.run set (fillfactor = 30);

-- The function that did not know how long a stride's begin may act.
drop function if exists midwatch.apply(
  jsonb, text[], int[], text[], bigint[], bigint[], bigint[], text[], text[], text[], text[], int[], text[], text[], text[], text[],
  text[], text[]);
