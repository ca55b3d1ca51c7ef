import { MidwatchError } from '../../core/errors.js'
import { type Lives, type LostWrite, type Mark, type Standing, stopText, type Write } from '../../core/lives.js'
import type { Database, Row } from './pool.js'

/** Columns of a lateral `midwatch.standing() s`. */
export const STANDING = `s.life, s.known, s.incarnation, s.synchronous, s.stopped_at, s.stopped_why, s.stopped_by, s.stopped_since`

const LOOK = `select ${STANDING} from midwatch.standing() s`

export function standingOf(row: Row): Standing {
  const { life, known, incarnation, synchronous, stopped_at: at, stopped_why: why, stopped_by: by } = row
  const stopped = at === null ? null : { at: Number(at), why: String(why), by: String(by), since: timeOf(row) }
  const lives = { life: String(life), known: String(known), incarnation: Number(incarnation) }
  return { ...lives, isSynchronous: synchronous === true, stopped }
}

/** Throws `unreconciled` while nothing is claimed. */
export async function checkStanding(database: Database): Promise<void> {
  const why = stopText(standingOf(await database.row(LOOK)))
  if (why !== null) throw new MidwatchError('unreconciled', why)
}

const timeOf = ({ stopped_since: since }: Row): number | null => (since === null ? null : Number(since))

/** Rows of workers are swept a day after their last lease: an older mark proves nothing. */
const MARKS = `
  select m.no from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) with ordinality m(worker, started, beat, incarnation, no)
    cross join midwatch.ledger l
   where m.incarnation > l.incarnation
      or m.incarnation = l.incarnation and m.beat > (select midwatch.clock_ms()) - 43200000
         and not exists (select from midwatch.worker w where w.worker_id = m.worker and w.started_at = m.started and w.beat_at >= m.beat)`

/** A pruned run has no entries, and has lost none. */
const WRITES = `
  select t.no from unnest($1::text[], $2::bigint[], $3::text[]) with ordinality t(run_id, seq, salt, no)
   where not exists (select from midwatch.entry d where d.run_id = t.run_id and d.seq = t.seq and d.salt in (t.salt, ''))
     and not exists (select from midwatch.run g where g.run_id = t.run_id and g.pruned_at is not null)
     and not exists (select from midwatch.lost x where x.run_id = t.run_id and x.seq = t.seq and x.salt = t.salt)`

const AT_ONCE = 1_000

export function livesOf(database: Database): Lives {
  return {
    standing: async () => standingOf(await database.row(LOOK)),
    missing: async ({ marks, writes }) => ({
      marks: marks.length === 0 ? [] : picked(marks, await database.rows(MARKS, columnsOf(marks))),
      writes: await missingWrites(database, writes),
    }),
    stop: async ({ why, by, since }) => {
      const { news } = await database.row('select midwatch.stop_claims($1, $2, $3) as news', [why, by, since])
      return news === true
    },
    accept: async ({ known, life }) => {
      const { taken } = await database.row('select midwatch.accept_life($1, $2) as taken', [known, life])
      return taken === true
    },
    tell: async ({ by, writes }) => {
      if (writes.length === 0) return 0
      const told = 'select midwatch.tell_lost($1, $2, $3, $4, $5) as news'
      const columns = [...placesOf(writes), writes.map((write) => JSON.stringify(write))]
      return Number((await database.row(told, [by, ...columns])).news)
    },
    lost: async () =>
      (
        await database.rows(
          'select run_id, seq, told, told_by, told_at, kept_as from midwatch.lost order by told_at, run_id, seq',
        )
      ).map(lostOf),
  }
}

function columnsOf(marks: readonly Mark[]): readonly number[][] {
  return [
    marks.map(({ workerId }) => workerId),
    marks.map(({ startedAt }) => startedAt),
    marks.map(({ beatAt }) => beatAt),
    marks.map(({ incarnation }) => incarnation),
  ]
}

function placesOf(writes: readonly Write[]): readonly (readonly unknown[])[] {
  return [writes.map(({ op }) => op.runId), writes.map(({ op }) => op.seq), writes.map(({ op }) => op.salt)]
}

async function missingWrites(database: Database, writes: readonly Write[]): Promise<Write[]> {
  const missing: Write[] = []
  for (let from = 0; from < writes.length; from += AT_ONCE) {
    const some = writes.slice(from, from + AT_ONCE)
    missing.push(...picked(some, await database.rows(WRITES, placesOf(some))))
  }
  return missing
}

/** Those whose numbers came back, from 1. */
function picked<T>(all: readonly T[], rows: readonly Row[]): T[] {
  const chosen = new Set(rows.map(({ no }) => Number(no)))
  return all.filter((_, i) => chosen.has(i + 1))
}

function lostOf({ run_id, seq, told, told_by, told_at, kept_as }: Row): LostWrite {
  const write = JSON.parse(String(told)) as Partial<Write>
  const known = write.op === undefined ? null : (write as Write)
  const at = { runId: String(run_id), seq: Number(seq), by: String(told_by), at: Number(told_at) }
  return { write: known, ...at, keptAs: kept_as === null ? null : String(kept_as) }
}
