import type { Broken } from './sabotage.js'

const NOT_CLOSED = "exists (select from breaker k where k.state <> 'closed')"

/** Ledgers in which one thing about circuit breakers is wrong. */
export const BREAKER_BROKEN: readonly Broken[] = [
  {
    what: 'breakers are looked at without their lock',
    routine: 'apply',
    changes: [["k.state <> 'closed' order by k.key for no key update;", "k.state <> 'closed' order by k.key;"]],
    noticedBy: 'of two begins at once one takes the last probe',
  },
  {
    what: 'an isolation does not wait for those who begin',
    routine: 'isolate_breaker',
    changes: [["perform take_scope('fleet');", 'perform 1;']],
    noticedBy: 'an isolation waits for the begin before it',
  },
  {
    what: 'breakers are looked at before the switch lock is had',
    routine: 'apply',
    changes: [
      ['perform assert_isolation();', `perform assert_isolation(); if ${NOT_CLOSED} then barred := '{x}'; end if;`],
      [
        `if exists (select from breaker k where k.state <> 'closed') then\n    barred`,
        "if barred <> '{}' then\n    barred",
      ],
    ],
    noticedBy: 'a begin that waited for an isolation is refused',
  },
  {
    what: 'strides pass by breakers',
    routine: 'take_strides',
    changes: [['and ((shapes[v.shape]).breaker = any(barred)) is not true', 'and true']],
    noticedBy: 'an open breaker stops what nothing else would',
  },
]
