-- What the role of the runtime may do. It inserts and reads entries and cannot change them; the ledger's incarnation, its
-- secret and the migrations are the owner's. It reads tokens, says when they were used and revokes them; only the owner makes
-- them, so that no worker can make itself an admin. Run again after each migration, for new tables.
create or replace function midwatch.grant_runtime(p_role text) returns void
language plpgsql
set search_path to midwatch, pg_temp
as $$
begin
  execute format('grant usage on schema midwatch to %I', p_role);
  execute format('grant select on all tables in schema midwatch to %I', p_role);
  execute format('grant insert on entry, evidence, mail, switch_move, breaker_move, pin, blob, score, drift_alarm to %I', p_role);
  execute format('grant update (value, reason, at) on score to %I', p_role);
  execute format('grant update (run_id) on blob to %I', p_role);
  execute format('grant insert, update on run, session, child_group, effect, tool_lock, meter, switch, breaker, escalation, notice, schedule, drift_release, drift_trip, queue_line to %I', p_role);
  execute format('grant insert, update, delete on worker, ceiling, tally, drift_point, queue_bound to %I', p_role);
  execute format('grant update (epoch) on ledger to %I', p_role);
  execute format('grant execute on function erase(text) to %I', p_role);
  execute format('grant execute on function prune(bigint, int) to %I', p_role);
  execute format('grant update (last_used_at) on token to %I', p_role);
  execute format('grant execute on function revoke_token(text, text) to %I', p_role);
  execute format('grant execute on function stop_claims(text, text, bigint) to %I', p_role);
  execute format('grant execute on function accept_life(text, text) to %I', p_role);
  execute format('grant execute on function tell_lost(text, text[], bigint[], text[], text[]) to %I', p_role);
end $$;

revoke execute on function midwatch.erase(text) from public;
revoke execute on function midwatch.grant_runtime(text) from public;
