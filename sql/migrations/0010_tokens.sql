-- Tokens of the HTTP API. What a token is was shown once; its SHA-256 alone rests here. A name is given once, so that whoever
-- did something as `token:NAME` can be told for good.
create table midwatch.token (
  id text collate "C" primary key,
  hash bytea not null unique check (octet_length(hash) = 32),
  name text collate "C" not null unique,
  role text not null check (role in ('viewer', 'operator', 'approver', 'admin')),
  tenants text[],
  created_at bigint not null,
  created_by text not null,
  expires_at bigint,
  revoked_at bigint,
  revoked_by text,
  last_used_at bigint,
  check ((revoked_at is null) = (revoked_by is null))
);
