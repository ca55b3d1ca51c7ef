-- What becomes of an effect row that does not tell of an attempt any more, once that attempt is known to have acted: a free
-- key is closed by it, one that another attempt holds will be. `state` is null when it is no news.
create or replace function midwatch.heard_of(
  p_state text, p_undone int, p_acted text, p_attempt int, p_run text, p_seq bigint, p_args text,
  out state text, out acted text
)
language sql immutable
set search_path to midwatch, pg_temp
as $$
  select case when p_attempt <= p_undone or p_state = 'performed' then null when p_state = 'free' then 'performed' else p_state end,
    case when p_state <> 'free' then
      coalesce(p_acted, json_build_object('runId', p_run, 'seq', p_seq, 'args', p_args)::text) end
$$;
