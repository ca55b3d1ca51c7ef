-- SHA-256 of a text as 64 lower-case hex digits.
create or replace function midwatch.sha256_hex(words text) returns text
language sql stable
as $$
  select encode(sha256(convert_to(words, 'UTF8')), 'hex')
$$;

-- The chain of src/core/chain.ts: the hash before, the header, the digest of the body.
create or replace function midwatch.entry_hash(
  hash_before text, run_id text, seq bigint, kind text, fence bigint, at bigint, epoch bigint, ref bigint,
  facts text, digest text
) returns text
language sql stable
as $$
  select encode(sha256(convert_to(
  hash_before || '|v1|' || run_id || '|' || seq || '|' || kind || '|' || fence || '|' || at || '|' || epoch || '|'
  || coalesce(ref::text, '') || '|' || facts || '|' || digest, 'UTF8')), 'hex')
$$;
