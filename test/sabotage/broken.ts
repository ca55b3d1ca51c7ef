import { BREAKER_BROKEN } from './breaker-broken.js'
import { FEED_BROKEN } from './feed-broken.js'
import { QUEUE_BROKEN } from './queue-broken.js'
import type { Broken } from './sabotage.js'
import { SESSION_BROKEN } from './session-broken.js'
import { TREE_BROKEN } from './tree-broken.js'

/** Where the time is read, and rows of every meter in the window that holds it. */
const NOW = 'at := clock_ms();\n\n'
const PICKED = `
  insert into meter (scope, meter, per, win) select m.scope, m.meter, m.per, window_start(m.per, at) from meter m on conflict do nothing;
`

export const BROKEN: readonly Broken[] = [
  ...BREAKER_BROKEN,
  ...FEED_BROKEN,
  ...QUEUE_BROKEN,
  ...SESSION_BROKEN,
  ...TREE_BROKEN,
  {
    what: 'a kill is read before its lock is had',
    routine: 'apply',
    changes: [
      [
        'perform assert_isolation();',
        'perform assert_isolation(); any_switch := exists (select from switch where engaged);',
      ],
      ['select l.epoch, exists (select from switch where engaged)', 'select l.epoch, any_switch'],
    ],
    noticedBy: 'a begin that waited for a kill is refused',
  },
  {
    what: 'a begin does not hold the tenant’s switch',
    routine: 'apply',
    changes: [['from unnest(tenants) t(name) order by 1, 2', 'from unnest(tenants) t(name) where false order by 1, 2']],
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
    routine: 'work_ops',
    changes: [["if o.kind = 'settle' and src is not null then\n        insert", 'if false then\n        insert']],
    noticedBy: 'a receipt that comes under an old fence is kept',
  },
  {
    what: 'the twin is looked for before the fence',
    routine: 'work_ops',
    changes: [
      [
        "if o.fence <> r.fence or not (r.state = 'running'",
        "if not exists (select from entry d where d.run_id = id and d.seq = o.seq and encode(d.digest, 'hex') = digests[i]) and o.fence <> r.fence or not (r.state = 'running'",
      ],
    ],
    noticedBy: 'a begin whose answer was lost is worthless under an old fence',
  },
  {
    what: 'a claim leaves the fence as it was',
    routine: 'claim',
    changes: [['greatest(t.fence, fence_floor) + 1 fence', 'greatest(t.fence, fence_floor + 1) fence']],
    noticedBy: 'a claim relieves the worker before it',
  },
  {
    what: 'an event makes a run due that is at work',
    routine: 'make_due',
    changes: [["if r.state = 'waiting' and r.worked_by is null or", "if r.state in ('waiting', 'running') or"]],
    noticedBy: 'what happens to a run at work does not make it due',
  },
  {
    what: 'a park forgets the mail that it did not see',
    routine: 'work_ops',
    changes: [
      [
        "if o.kind = 'park' then\n        due := case when r.mail_head > o.mail_seen then",
        "if o.kind = 'park' then\n        due := case when false then",
      ],
    ],
    noticedBy: 'a park that did not see the mail is due at once',
  },
  {
    what: 'a stride’s key is inserted and read in one statement',
    routine: 'apply',
    changes: [
      [
        "select coalesce(array_agg(array_position(t_run, m.run_id)), '{}') into mine from made m where m.run_id is not null;",
        `select coalesce(array_agg(q.src), '{}') into mine from unnest(k_tenant, k_tool, k_key, k_src) q(tenant, tool, key, src)
          where q.src <= n_strides
            and not exists (select from effect e where (e.tenant, e.tool, e.key) = (q.tenant, q.tool, q.key));`,
      ],
    ],
    noticedBy: 'two who want a new key at once do not both get it',
  },
  {
    what: 'a key is inserted and read in one statement, for an op by itself',
    routine: 'apply',
    changes: [
      [
        "select coalesce(array_agg(array_position(t_run, m.run_id)), '{}') into mine from made m where m.run_id is not null;",
        `select '{}', (select array_agg(q.key) from unnest(k_tenant, k_tool, k_key) q(tenant, tool, key)
          where not exists (select from effect e where (e.tenant, e.tool, e.key) = (q.tenant, q.tool, q.key)))
         into mine, m_per;`,
      ],
      ['said := work_ops', "update effect e set state = 'free' where e.key = any(m_per);\n  said := work_ops"],
    ],
    noticedBy: 'two who want a new key and hold a lock do not both get it',
  },
  {
    what: 'a key forgets its tenant',
    routine: 'apply',
    changes: [
      ['select g.tenant, k.tool collate', "select 'all' tenant, k.tool collate"],
      ['select tenants[r_ix[q.run]] tenant, q.effect_tool tool', "select 'all' tenant, q.effect_tool tool", 'work_ops'],
      [
        'select tenants[r_ix[o_run[f.i]]], (begun[f.src - n].effect)',
        "select 'all', (begun[f.src - n].effect)",
        'work_ops',
      ],
    ],
    noticedBy: 'the same key of another tenant is another key',
  },
  {
    what: 'a doubt is taken over whatever was seen of it',
    routine: 'work_ops',
    changes: [['elsif o.saw_attempt <> e_attempt[e] or', 'elsif']],
    noticedBy: 'a doubt that moved since it was looked at is not sent again',
  },
  {
    what: 'a lease is judged by another clock',
    routine: 'work_ops',
    changes: [
      ['w.lease_until > at)', 'w.lease_until > extract(epoch from now()) * 1000)'],
      [
        'where w.worker_id = g.worker_id) > at',
        'where w.worker_id = g.worker_id) > extract(epoch from now()) * 1000',
        'take_strides',
      ],
    ],
    noticedBy: 'a lease runs out by the ledger’s clock',
  },
  {
    what: 'the window is picked at the settle of a stride',
    routine: 'apply',
    changes: [
      [NOW, `${NOW}${PICKED}`],
      [
        `split_part(split_part(d.facts, ',"place":[', 2), ']', 1) as place`,
        `regexp_replace(split_part(split_part(d.facts, ',"place":[', 2), ']', 1), '^-[0-9]+', '-' || (select max(m.id) from meter m)) as place`,
      ],
    ],
    noticedBy: 'a step is settled in the window that granted it',
  },
  {
    what: 'the window is picked at the settle of a doubt',
    routine: 'apply',
    changes: [
      [NOW, `${NOW}${PICKED}`],
      [
        'array_agg(json_populate_record(null::begun, d.facts::json))',
        `array_agg(json_populate_record(null::begun, regexp_replace(d.facts, '"place":.-[0-9]+', '"place":[-' || (select max(m.id) from meter m))::json))`,
        'work_ops',
      ],
    ],
    noticedBy: 'a doubt is settled in the window that granted it',
  },
  {
    what: 'a settle keeps the reservation',
    routine: 'work_ops',
    changes: [
      ['else m_reserved[y] := m_reserved[y] - amt;', 'else'],
      ['else m_reserved[y] := m_reserved[y] - h_amounts[k];', 'else', 'take_strides'],
    ],
    noticedBy: 'what is not used is given back',
  },
  {
    what: 'a ceiling looks at what was used alone',
    routine: 'work_ops',
    changes: [
      ['over := had + val + amt > lim', 'over := had + amt > lim'],
      ['fits := had + val <= lim', 'fits := had + amounts[k] <= lim', 'take_strides'],
    ],
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
    routine: 'work_ops',
    changes: [["elsif e_acted[e] is null then e_state[e] := 'free';", "elsif true then e_state[e] := 'free';"]],
    noticedBy: 'a receipt for an earlier attempt keeps the key closed',
  },
  {
    what: 'an undo takes back whatever stands there',
    routine: 'work_ops',
    changes: [['and e_attempt[u] = y then', 'then y := e_attempt[u];']],
    noticedBy: 'an undo that was begun before the effect takes nothing back',
  },
  {
    what: 'an undo is begun though nothing stands',
    routine: 'work_ops',
    changes: [['if o.undoes_attempt is not null and o.saw_attempt is null', 'if false']],
    noticedBy: 'what was taken back is not taken back again',
  },
  {
    what: 'an approval is not used up',
    routine: 'work_ops',
    changes: [['update escalation s set used_by = o.step where s.id = o.approval and s.used_by is null;', '']],
    noticedBy: 'of two begins under one approval the second is refused',
  },
  {
    what: 'an approval is for whatever arguments',
    routine: 'work_ops',
    changes: [["o.approval_args = coalesce(encode(sha256(convert_to(s.result, 'UTF8')), 'hex'), s.args)", 'true']],
    noticedBy: 'an approval is for its arguments alone',
  },
]
