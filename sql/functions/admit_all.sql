-- Admits many in one transaction, in order. What more than one of them may lock is locked first, in the order of all.
create or replace function midwatch.admit_all(
  heads jsonb, bodies text[], out code text, out run_id text, out overload text, out shed text[]
) returns setof record
language plpgsql
set search_path to midwatch, pg_temp
as $$
#variable_conflict use_column
declare
  -- What none of them needs is not looked for: most batches have neither, and each statement would be planned.
  any_session constant boolean := exists (select from jsonb_array_elements(heads) h where h ->> 'session' is not null);
  any_parent constant boolean := exists (select from jsonb_array_elements(heads) h where h #>> '{parent,runId}' is not null);
begin
  perform assert_isolation();
  if exists (select from queue_bound) then
    perform lock_lines(array(select b.scope from jsonb_array_elements(heads) h cross join lateral unnest(bounds_on(h)) b));
  end if;
  if any_session then
    insert into session (tenant, session)
      select distinct h ->> 'tenant' collate "C", h ->> 'session' collate "C" from jsonb_array_elements(heads) h
       where h ->> 'session' is not null order by 1, 2 on conflict do nothing;
    perform 1 from session s
      where (s.tenant, s.session) in (select h ->> 'tenant', h ->> 'session' from jsonb_array_elements(heads) h)
      order by s.tenant, s.session for no key update;
  end if;
  if any_parent then
    insert into child_group (run_id, step, at_once)
      select g.run_id, h #>> '{parent,step}' collate "C", min((h #>> '{group,atOnce}')::int) from jsonb_array_elements(heads) h
        join run g on g.run_id = h #>> '{parent,runId}' and g.state = 'running' and g.fence = (h #>> '{parent,fence}')::bigint
       where h #>> '{group,no}' is not null group by 1, 2 order by 1, 2 on conflict do nothing;
    perform 1 from child_group c
      where (c.run_id, c.step) in (select h #>> '{parent,runId}', h #>> '{parent,step}' from jsonb_array_elements(heads) h)
      order by c.run_id, c.step for no key update;
    perform 1 from run g where g.run_id in (select h #>> '{parent,runId}' from jsonb_array_elements(heads) h)
      order by g.run_id for no key update;
  end if;
  return query select a.code, a.run_id, a.overload, a.shed from rows from (jsonb_array_elements(heads), unnest(bodies)) with ordinality u(head, body, no)
    cross join lateral admit(u.head, u.body) a order by u.no;
end $$;
