-- Which life of the ledger this is: the cluster and the line of its history. A promotion begins another line at once; the control
-- file says so after the next checkpoint alone, and is asked only where nothing is written.
create or replace function midwatch.life_now() returns text
language sql volatile
as $$
  select (select c.system_identifier from pg_control_system() c) || '/'
    || case when pg_is_in_recovery() then (select c.timeline_id from pg_control_checkpoint() c)
       else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint end
$$;

-- Whether runs may be claimed: nobody has stopped it, and it is the life that was accepted. Whoever reconciles may.
create or replace function midwatch.may_claim() returns boolean
language sql volatile
as $$
  select l.stopped_at is null and l.life = midwatch.life_now() or coalesce(current_setting('midwatch.reconciling', true), '') = 'on'
    from midwatch.ledger l
$$;

-- Where the ledger stands. `synchronous`: a commit that is acknowledged now is on the disk of a standby, too.
create or replace function midwatch.standing(
  out life text, out known text, out incarnation bigint, out synchronous boolean,
  out stopped_at bigint, out stopped_why text, out stopped_by text, out stopped_since bigint)
language sql volatile
set search_path to midwatch, pg_temp
as $$
  select life_now(), l.life, l.incarnation,
    current_setting('synchronous_standby_names') <> '' and current_setting('synchronous_commit') in ('on', 'remote_apply'),
    l.stopped_at, l.stopped_why, l.stopped_by, l.stopped_since
  from ledger l
$$;

-- Stops claims and ends every lease, so that nothing is begun either. The first reason stands; `p_since` is a time before which
-- nothing acknowledged is lost, of several the earliest. Where nobody says one, it is the last beat of those who beat no more.
create or replace function midwatch.stop_claims(p_why text, p_by text, p_since bigint) returns boolean
language plpgsql security definer
set search_path to midwatch, pg_temp
as $$
declare
  now_ms constant bigint := clock_ms();
  was ledger;
begin
  select * into strict was from ledger for update;
  update ledger l set stopped_at = coalesce(l.stopped_at, now_ms), stopped_why = coalesce(l.stopped_why, p_why),
    stopped_by = coalesce(l.stopped_by, p_by),
    stopped_since = coalesce(least(l.stopped_since, p_since),
      (select max(w.beat_at) from worker w where w.lease_until <= now_ms and w.beat_at > 0));
  update worker w set lease_until = least(w.lease_until, now_ms), retired = true where w.lease_until > now_ms;
  if was.stopped_at is not null then return false; end if;
  perform leave_notice('stopped', null, null, '{"by":' || to_json(p_by) || ',"why":' || to_json(p_why) || '}', now_ms);
  return true;
end $$;

-- Somebody who knew the ledger before found nothing missing in its new life: claims are given in that.
create or replace function midwatch.accept_life(p_known text, p_life text) returns boolean
language plpgsql security definer
set search_path to midwatch, pg_temp
as $$
begin
  update ledger l set life = p_life where l.life = p_known and p_life = life_now() and l.stopped_at is null;
  return found;
end $$;

-- Keeps what a worker was granted and the ledger does not have. Answers how many are news.
create or replace function midwatch.tell_lost(p_by text, p_runs text[], p_seqs bigint[], p_salts text[], p_told text[]) returns int
language plpgsql security definer
set search_path to midwatch, pg_temp
as $$
declare
  n int;
begin
  insert into lost (run_id, seq, salt, told, told_by, told_at)
    select t.run_id, t.seq, t.salt, t.told, p_by, clock_ms() from unnest(p_runs, p_seqs, p_salts, p_told) t(run_id, seq, salt, told)
    on conflict do nothing;
  get diagnostics n = row_count;
  return n;
end $$;

-- The last part of reconciling: runs that have not ended are unsure since then (those that are named, or all), the life is
-- accepted, claims are given again.
create or replace function midwatch.resume_claims(p_by text, p_why text, p_since bigint, p_runs text[], p_lost bigint) returns bigint
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  now_ms constant bigint := clock_ms();
  n bigint := 0;
  l ledger;
begin
  if p_since is not null then
    perform 1 from run g where g.state <> 'ended' and (p_runs is null or g.run_id = any(p_runs)) order by g.run_id for no key update;
    update run g set unsure = least(g.unsure, p_since) where g.state <> 'ended' and (p_runs is null or g.run_id = any(p_runs));
    get diagnostics n = row_count;
  end if;
  update ledger set life = life_now(), stopped_at = null, stopped_why = null, stopped_by = null, stopped_since = null
    returning * into l;
  insert into reconciliation (incarnation, at, set_by, life, why, since, unsure, lost)
    values (l.incarnation, now_ms, p_by, l.life, p_why, p_since, n, p_lost);
  perform leave_notice('reconciled', null, null, '{"by":' || to_json(p_by) || ',"incarnation":' || l.incarnation || ',"lost":' || p_lost
    || ',"unsure":' || n || '}', now_ms);
  return n;
end $$;

-- Since when a run is unsure: by itself, or by one above it, that it goes on from, or whose lineage it is of.
create or replace function midwatch.unsure_since(r midwatch.run) returns bigint
language sql stable
as $$
  select case when exists (select from midwatch.reconciliation) then
    least(r.unsure, (select min(g.unsure) from midwatch.run g where g.run_id = any(r.ancestors || array[r.first, r.origin]))) end
$$;

revoke execute on function midwatch.stop_claims(text, text, bigint) from public;
revoke execute on function midwatch.accept_life(text, text) from public;
revoke execute on function midwatch.tell_lost(text, text[], bigint[], text[], text[]) from public;
revoke execute on function midwatch.resume_claims(text, text, bigint, text[], bigint) from public;
