import type { EffectRow } from '../../core/effect-row.js'
import type { Ledger } from '../../core/ledger.js'
import type { Evidence, Mail } from '../../core/mail.js'
import type { ChildFilter, Group, PinCount, RunFilter, RunRow } from '../../core/run-row.js'
import type { Database } from './pool.js'
import { entryOf, escalationOf, RUN_COLUMNS, runOf, unsure } from './rows.js'

const PAGE = 100
const RUNS = `select ${RUN_COLUMNS}, ${unsure('r')} from midwatch.run r join midwatch.pin p on p.pin_id = r.pin_id`
const EFFECTS = `select tenant, tool, key, args, state, attempt, evidence, run_id as "runId", seq, acts_until as "actsUntil", undone,
    acted::json as acted from midwatch.effect where attempt > 0`

/** A row in which nobody was admitted is only a place that was kept for one that was refused. */
const GROUP = `select at_once as "atOnce", admitted, ended, total from midwatch.child_group
  where run_id = $1 and step = $2 and (admitted > 0 or total is not null)`

/** The rows that point at a run, by the keys that its begins named: no index keeps them. */
const HELD_BY_RUN = `and run_id = $2 and (tenant, tool, key) in (
  select r.tenant, d.facts::json #>> '{effect,tool}', d.facts::json #>> '{effect,key}'
    from midwatch.entry d join midwatch.run r on r.run_id = d.run_id
   where d.run_id = $2 and d.kind = 'begin' and strpos(d.facts, ',"effect":{') > 0)`

type Reads =
  | 'run'
  | 'runs'
  | 'due'
  | 'pins'
  | 'group'
  | 'children'
  | 'ends'
  | 'journal'
  | 'mail'
  | 'evidence'
  | 'effect'
  | 'effects'
  | 'escalations'
  | 'meters'
  | 'blob'

/** What can be asked of the ledger; each is one statement and sees one moment. */
export function readsOf(database: Database): Pick<Ledger, Reads> {
  return {
    run: async ({ runId }) => {
      const [row] = await database.rows(`${RUNS} where r.run_id = $1`, [runId])
      return row ? runOf(row) : null
    },
    runs: (p) => runs(database, p),
    due: async ({ serves, queues, limit }) =>
      (await database.rows('select * from midwatch.due_runs($1, $2, $3)', [serves, queues, limit])).map(
        ({ runId, fence, dueAt }) => ({
          runId: String(runId),
          fence: Number(fence),
          dueAt: dueAt === null ? null : Number(dueAt),
        }),
      ),
    pins: async () =>
      (await database.rows(
        `select p.agent, p.version, p.fingerprint, coalesce(r.waits like 'mismatch:%', false) as misfit,
                count(*) as runs, min(r.run_id) as first
           from midwatch.run r join midwatch.pin p on p.pin_id = r.pin_id where r.ended_at is null
          group by p.serves, 1, 2, 3, 4 order by p.serves, 4`,
      )) as unknown as PinCount[],
    group: async ({ runId, step }) => {
      const [row] = await database.rows(GROUP, [runId, step])
      return row ? (row as unknown as Group) : null
    },
    children: (p) => children(database, p),
    ends: async ({ runIds }) =>
      (await database.rows(
        `select r.id as "runId", e.body from unnest($1::text[]) with ordinality r(id, no)
          cross join lateral (select d.body from midwatch.entry d
            where d.run_id = r.id and d.kind = 'end' order by d.seq desc limit 1) e
          order by r.no`,
        [runIds],
      )) as never,
    ...entriesOf(database),
    ...effectsOf(database),
    escalations: async ({ state, kind, runId, id, tenants, after, limit }) => {
      const rows = await database.rows(
        `select *, answered_by as by from midwatch.escalation
          where ($1::text is null or state = $1) and ($2::text is null or run_id = $2) and ($3::text is null or id = $3)
            and ($4::text is null or kind = $4) and ($5::text[] is null or tenant = any($5))
            and ($6::bigint is null or (opened_at, id) > ($6, $7))
          order by opened_at, id limit $8`,
        [state, runId, id, kind, tenants, after?.openedAt, after?.id, limit],
      )
      return rows.map(escalationOf)
    },
    meters: async ({ scope }) =>
      (await database.rows(
        `select scope, meter, per, win as window, used, reserved from midwatch.meter
          where ($1::text is null or scope = $1) order by scope, meter, per, win`,
        [scope],
      )) as never,
    blob: async ({ tenant, digest }) => {
      const found = 'select text from midwatch.blob where tenant = $1 and digest = $2'
      const [row] = await database.rows(found, [tenant, digest])
      return row ? String(row.text) : null
    },
  }
}

/** Newest first, or by id after or before the one that is named. */
async function runs(database: Database, p: RunFilter): Promise<RunRow[]> {
  const newest = p.after === undefined ? 'r.created_at desc, r.run_id desc' : 'r.run_id'
  const order = p.before === undefined ? newest : 'r.run_id desc'
  // Said outright, so that its index is taken: what one worker holds is little among all that there is.
  const held = p.workerId === undefined ? '$7::bigint is null' : 'r.worker_id = $7'
  const rows = await database.rows(
    `${RUNS} where ${held} and ($1::text is null or r.tenant = $1) and ($2::text is null or r.agent = $2)
        and ($3::text is null or r.session = $3) and ($4::text[] is null or r.state = any($4))
        and ($5::text is null or r.run_id > $5) and ($8::text is null or r.run_id < $8)
        and ($11::bigint is null or r.ended_at is null or r.ended_at >= $11)
        and ($9::text[] is null or r.tenant = any($9)) and ($10::text[] is null or r.outcome = any($10))
      order by ${order} limit $6`,
    [
      ...[p.tenant, p.agent, p.session, p.states, p.after, p.limit ?? PAGE, p.workerId],
      ...[p.before || null, p.tenants, p.outcomes, p.activeSince],
    ],
  )
  return rows.map(runOf)
}

/** By step, place and id; of a chain of continuations the last. */
async function children(database: Database, p: ChildFilter): Promise<RunRow[]> {
  const rows = await database.rows(
    `${RUNS} where r.parent = $1 and ($2::text is null or r.step = $2) and r.continued_as is null
        and ($3::text[] is null or r.state = any($3))
        and ($4::text is null or (r.step, coalesce(r.group_no, 0), r.run_id) >
          (select b.step, coalesce(b.group_no, 0), b.run_id from midwatch.run b where b.run_id = $4))
      order by r.step, coalesce(r.group_no, 0), r.run_id limit $5`,
    [p.runId, p.step, p.states, p.after, p.limit ?? PAGE],
  )
  return rows.map(runOf)
}

function entriesOf(database: Database): Pick<Ledger, 'journal' | 'mail' | 'evidence'> {
  return {
    journal: async ({ runId, from, limit }) => {
      const rows = await database.rows(
        `select run_id, seq, kind, fence, at, epoch, ref, facts, body, salt,
                encode(digest, 'hex') as digest, encode(hash, 'hex') as hash from midwatch.entry
          where run_id = $1 and seq >= $2 order by seq limit $3`,
        [runId, from ?? 1, limit],
      )
      return rows.map(entryOf)
    },
    mail: async ({ runId, after }) =>
      (await database.rows('select no, kind, body, at from midwatch.mail where run_id = $1 and no > $2 order by no', [
        runId,
        after,
      ])) as unknown as Mail[],
    evidence: async ({ runId }) =>
      (await database.rows(
        `select run_id as "runId", ref, no, fence, did, body, at from midwatch.evidence where run_id = $1 order by no`,
        [runId],
      )) as unknown as Evidence[],
  }
}

/** A row that no attempt ever took is only a place that was kept for one that was refused. */
function effectsOf(database: Database): Pick<Ledger, 'effect' | 'effects'> {
  return {
    effect: async ({ tenant, tool, key }) => {
      const found = `${EFFECTS} and tenant = $1 and tool = $2 and key = $3`
      const [row] = await database.rows(found, [tenant, tool, key])
      return row ? (row as unknown as EffectRow) : null
    },
    effects: async ({ state, runId }) => {
      const [within, values] = runId === undefined ? ['', [state]] : [HELD_BY_RUN, [state, runId]]
      const rows = await database.rows(
        `${EFFECTS} and ($1::text is null or state = $1) ${within} order by tenant, tool, key`,
        values,
      )
      return rows as unknown as EffectRow[]
    },
  }
}
