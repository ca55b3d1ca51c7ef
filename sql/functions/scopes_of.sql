-- The switch scopes that cover a run, as runScopes in src/core/scope.ts: its own and those of the runs above it. Tools are
-- looked at step by step.
create or replace function midwatch.scopes_of(r midwatch.run) returns text[]
language sql immutable
as $$
  select case when r.session is null then array['fleet', 'tenant:' || r.tenant, 'agent:' || r.agent, 'run:' || r.run_id]
  else array['fleet', 'tenant:' || r.tenant, 'agent:' || r.agent, 'session:' || r.tenant || '/' || r.session,
    'run:' || r.run_id] end || r.above
$$;

-- Why a run may begin nothing: a run above it has ended, which is for good, or an engaged switch covers it, `end` before
-- `hold`, then by scope. No row when there is nothing.
create or replace function midwatch.covering(r midwatch.run, out scope text, out mode text, out set_by text)
returns setof record language sql stable as $$
  select z.scope, z.mode, z.set_by from (
    select 'run:' || a.run_id as scope, 'end' as mode, 'its end' as set_by, array_position(r.ancestors, a.run_id) as place
      from midwatch.run a where r.ancestors is not null and a.run_id = any(r.ancestors) and a.state = 'ended'
    union all
    select s.scope, s.mode, s.set_by, null from midwatch.switch s where s.engaged and s.scope = any(midwatch.scopes_of(r))) z
   order by z.place, z.mode, z.scope limit 1
$$;

-- What a child inherits of the scopes of its parent: all but those that cover the child anyway. Null without a parent.
create or replace function midwatch.scopes_above(mother midwatch.run, p_run text, p_tenant text, p_agent text, p_session text)
returns text[] language sql immutable as $$
  select case when mother.run_id is not null then array(
    select u.scope from unnest(midwatch.scopes_of(mother)) with ordinality u(scope, no)
     where u.scope not in ('fleet', 'tenant:' || p_tenant, 'agent:' || p_agent, 'run:' || p_run)
       and u.scope is distinct from 'session:' || p_tenant || '/' || p_session
     order by u.no) end
$$;
