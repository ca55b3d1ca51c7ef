import type { Broken } from './sabotage.js'

/** Somebody was told of it. */
const TOLD = `exists (select from mail m where m.kind = 'message' and m.body = '{"run":' || to_json(g.run_id) || '}')`

export const SESSION_BROKEN: readonly Broken[] = [
  {
    what: 'a message that the active run was told of is taken for worked',
    routine: 'next_of_session',
    changes: [
      ['and g.worked_by is null\n', `and g.worked_by is null and not ${TOLD}\n`],
      ['and h.worked_by is null and h.run_id', `and h.worked_by is null and false and h.run_id`, 'apply'],
    ],
    noticedBy: 'a message that was told of and not taken in has its turn',
  },
  {
    what: 'a gap is passed as it was seen, without the session’s row',
    routine: 'pass_gaps',
    changes: [['limit p_limit for no key update skip locked', 'limit p_limit']],
    noticedBy: 'what has come is not given up',
  },
  {
    what: 'whoever holds a run of a session writes its state',
    routine: 'may_write_state',
    changes: [['and s.session = r.session and s.active = r.run_id', 'and s.session = r.session']],
    noticedBy: 'a session’s state is its active run’s',
  },
  {
    what: 'a wake makes every waiting run due',
    routine: 'make_due',
    changes: [["r.state = 'waiting' and r.worked_by is null or", "r.state = 'waiting' or"]],
    noticedBy: 'a message that was taken in is not due by itself',
  },
  {
    what: 'a run takes in whatever it is told of',
    routine: 'take_in',
    changes: [['and g.session_no < no and g.state', 'and false and g.state']],
    noticedBy: 'no message overtakes one ahead of it',
  },
  {
    what: 'a run takes messages in whatever switch covers them',
    routine: 'take_in',
    changes: [['if sw_scope[y] = any(scopes_of(runs[x])) then', 'if false then']],
    noticedBy: 'a message that meets the killing of itself is not taken in',
  },
]
