import type pg from 'pg'
import type { CheckName } from './checks.js'

/** A function of the ledger with one thing wrong, and the check that must notice. */
export interface Broken {
  readonly what: string
  readonly routine: string
  /** What stands in its text, each exactly once, and what is put there. */
  readonly changes: readonly (readonly [from: string, to: string])[]
  readonly noticedBy: CheckName
}

export const BROKEN: readonly Broken[] = [
  {
    what: 'a kill is read before its lock is had',
    routine: 'apply',
    changes: [
      [
        'perform assert_isolation();',
        'perform assert_isolation(); any_switch := exists (select from switch where engaged);',
      ],
      ['exists (select from switch where engaged), exists', 'any_switch, exists'],
    ],
    noticedBy: 'a begin that waited for a kill is refused',
  },
  {
    what: 'a begin does not hold the tenant’s switch',
    routine: 'apply',
    changes: [['order by 1) t;\n\n  -- Sessions', 'order by 1) t where false;\n\n  -- Sessions']],
    noticedBy: 'a kill waits for the begin before it',
  },
  {
    what: 'any isolation will do',
    routine: 'assert_isolation',
    changes: [["<> 'read committed'", "= 'none'"]],
    noticedBy: 'a begin under another isolation than READ COMMITTED is refused',
  },
  {
    what: 'a stale settle is dropped',
    routine: 'apply',
    changes: [["if o.kind = 'settle' and src is not null then\n        insert", 'if false then\n        insert']],
    noticedBy: 'a receipt that comes under an old fence is kept',
  },
  {
    what: 'the twin is looked for before the fence',
    routine: 'apply',
    changes: [
      [
        "if o.fence <> r.fence or not (r.state = 'running'",
        "if not exists (select from entry d where d.run_id = id and d.seq = o.seq and d.digest = digests[i]) and o.fence <> r.fence or not (r.state = 'running'",
      ],
    ],
    noticedBy: 'a begin whose answer was lost is worthless under an old fence',
  },
  {
    what: 'a claim leaves the fence as it was',
    routine: 'claim',
    changes: [['r.fence := greatest(r.fence, fence_floor) + 1;', 'r.fence := greatest(r.fence, fence_floor + 1);']],
    noticedBy: 'a claim relieves the worker before it',
  },
  {
    what: 'an event makes a run due that is at work',
    routine: 'make_due',
    changes: [["if r.state = 'waiting' or", "if r.state in ('waiting', 'running') or"]],
    noticedBy: 'what happens to a run at work does not make it due',
  },
  {
    what: 'a park forgets the mail that it did not see',
    routine: 'apply',
    changes: [
      [
        "if o.kind = 'park' then\n        due := case when r.mail_head > o.mail_seen then",
        "if o.kind = 'park' then\n        due := case when false then",
      ],
    ],
    noticedBy: 'a park that did not see the mail is due at once',
  },
  {
    what: 'a key is inserted and read in one statement',
    routine: 'apply',
    changes: [
      ['if has_begins then\n      insert into effect', 'if false then\n      insert into effect'],
      [
        'select array_agg(z.ctid), array_agg(z.tenant)',
        `with made as (
           insert into effect (tenant, tool, key) select * from unnest(e_tenant, e_tool, e_key)
           on conflict do nothing returning ctid, *)
         select array_agg(z.ctid), array_agg(z.tenant)`,
      ],
      ['select f.ctid, f.* from', 'select f.* from'],
      ['join effect f on f.tenant', 'join (select * from made union all select ctid, * from effect) f on f.tenant'],
      ['order by f.tenant, f.tool, f.key for no key update of f) z', 'order by f.tenant, f.tool, f.key) z'],
    ],
    noticedBy: 'two who want a new key at once do not both get it',
  },
  {
    what: 'a key forgets its tenant',
    routine: 'apply',
    changes: [
      ['select tenants[r_ix[q.run]] tenant, q.effect_tool tool', "select 'all' tenant, q.effect_tool tool"],
      ['select tenants[r_ix[o_run[f.i]]], (begun[f.src - n].effect)', "select 'all', (begun[f.src - n].effect)"],
    ],
    noticedBy: 'the same key of another tenant is another key',
  },
  {
    what: 'a doubt is taken over whatever was seen of it',
    routine: 'apply',
    changes: [['elsif o.saw_attempt <> e_attempt[e] or', 'elsif']],
    noticedBy: 'a doubt that moved since it was looked at is not sent again',
  },
  {
    what: 'a lease is judged by another clock',
    routine: 'apply',
    changes: [['w.lease_until > c.now_ms)', 'w.lease_until > extract(epoch from now()) * 1000)']],
    noticedBy: 'a lease runs out by the ledger’s clock',
  },
  {
    what: 'the window is picked at the settle',
    routine: 'apply',
    changes: [
      [
        "coalesce(c.per, 'total'), coalesce(c.win, -1)",
        "coalesce(c.per, 'total'), window_start(coalesce(c.per, 'total'), at_before)",
      ],
      ['if n_list > 0 then\n        insert into meter', 'if true then\n        insert into meter'],
    ],
    noticedBy: 'a step is settled in the window that granted it',
  },
  {
    what: 'a settle keeps the reservation',
    routine: 'apply',
    changes: [['else m_reserved[y] := m_reserved[y] - amt;', 'else']],
    noticedBy: 'what is not used is given back',
  },
  {
    what: 'a ceiling looks at what was used alone',
    routine: 'apply',
    changes: [['over := had + val + amt > lim', 'over := had + amt > lim']],
    noticedBy: 'a ceiling counts what others have reserved',
  },
  {
    what: 'an admission reads its session without a lock',
    routine: 'admit',
    changes: [
      // To insert beside a row that is being changed waits for it, too.
      [
        'values (p_tenant, p_session) on conflict do nothing;',
        `select p_tenant, p_session where not exists (
          select from session s where s.tenant = p_tenant and s.session = p_session) on conflict do nothing;`,
      ],
      ['s.session = p_session for no key update;', 's.session = p_session;'],
    ],
    noticedBy: 'a message that meets its session’s end is worked',
  },
  {
    what: 'an answer reads its question before the lock of its run',
    routine: 'answer',
    changes: [
      [
        'select g.* into r from run g',
        'select * into asked from escalation s where s.id = p_id;\n  select g.* into r from run g',
      ],
      ['select * into asked from escalation s where s.id = p_id for no key update;', ''],
    ],
    noticedBy: 'a question is answered once',
  },
  {
    what: 'a key gets free although an attempt at it is known to have acted',
    routine: 'apply',
    changes: [["elsif e_acted[e] is null then e_state[e] := 'free';", "elsif true then e_state[e] := 'free';"]],
    noticedBy: 'a receipt for an earlier attempt keeps the key closed',
  },
  {
    what: 'an undo takes back whatever stands there',
    routine: 'apply',
    changes: [['and e_attempt[u] = y then', 'then y := e_attempt[u];']],
    noticedBy: 'an undo that was begun before the effect takes nothing back',
  },
]

/** Replaces the function by its broken variant; fails when its text is not what the change expects. */
export async function breakIt(client: pg.Client, { what, routine, changes }: Broken): Promise<void> {
  const source =
    'select pg_get_functiondef(p.oid) as text from pg_proc p where p.pronamespace = $1::regnamespace and p.proname = $2'
  const { rows } = await client.query(source, ['midwatch', routine])
  let text: string = rows[0].text
  for (const [from, to] of changes) {
    const pieces = text.split(from)
    if (pieces.length !== 2)
      throw new RangeError(`'${what}': its change fits ${pieces.length - 1} places of ${routine}: ${from}`)
    text = pieces.join(to)
  }
  await client.query(text)
}
