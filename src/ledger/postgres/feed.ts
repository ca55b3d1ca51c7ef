import { sha256 } from '../../core/digest.js'
import type { Feed, FeedEntry, FeedPage, FeedRange, Position } from '../../core/feed.js'
import type { Database, Row } from './pool.js'
import { entryOf } from './rows.js'

const LIFE_DIGITS = 12

const COLUMNS = `e.run_id, e.seq, e.kind, e.fence, e.at, e.epoch, e.ref, e.facts, e.body, e.salt,
  encode(e.digest, 'hex') as digest, encode(e.hash, 'hex') as hash, r.tenant, r.session, p.agent, p.version, p.fingerprint`

/** First the begin that belongs to the settle at the place itself, then settles and all others, each with its begin. */
const LATER = `
  select x.tx, ${COLUMNS} from (
    select $1::bigint as tx, n.run_id, n.seq from midwatch.entry n where n.run_id = $2 and n.seq = $3::bigint + 1 and n.tx is null
    union all
    select d.tx, d.run_id, m.seq from (
      select d.tx, d.run_id, d.seq from midwatch.entry d
       where d.tx > 0 and d.tx >> 4 >= $1::bigint >> 4 and d.tx >> 4 <= $4::bigint >> 4
         and d.tx <= $4 and (d.tx, d.run_id, d.seq) > ($1, $2, $3)
       order by d.tx >> 4, d.tx, d.run_id, d.seq limit $5) d
      cross join lateral (select d.seq union all
        select n.seq from midwatch.entry n where n.run_id = d.run_id and n.seq = d.seq + 1 and n.tx is null) m) x
    join midwatch.entry e on e.run_id = x.run_id and e.seq = x.seq
    join midwatch.run r on r.run_id = x.run_id join midwatch.pin p on p.pin_id = r.pin_id
   where (x.tx, x.run_id, x.seq) <= ($4, $6, $7)
   order by x.tx, x.run_id, x.seq limit $5`

/** Entries from before there was a feed, by run. */
const OLDER = `
  select 0 as tx, ${COLUMNS} from midwatch.entry e
    join midwatch.run r on r.run_id = e.run_id join midwatch.pin p on p.pin_id = r.pin_id
   where e.tx = 0 and (e.run_id, e.seq) > ($1, $2) and ($4 > 0 or (e.run_id, e.seq) <= ($5, $6)) order by e.run_id, e.seq limit $3`

/** Behind entry `seq` of a run, among those that transaction `tx` wrote. */
interface Place {
  readonly tx: number
  readonly seq: number
  readonly runId: string
}

interface Here {
  readonly life: string
  readonly horizon: number
  readonly ahead: number
  readonly hasOlder: boolean
}

/** The whole ledger in order of transactions, as far as none of them still runs. */
export function feedOf(database: Database): Feed {
  return {
    read: (p) => read(database, p),
    head: async () => {
      const { life, horizon } = await look(database)
      return positionOf(life, { tx: horizon, seq: 0, runId: '' })
    },
  }
}

async function read(database: Database, { after, until, limit }: FeedRange): Promise<FeedPage> {
  const here = await look(database)
  const place = after === null ? { tx: here.hasOlder ? 0 : 1, seq: 0, runId: '' } : placeOf(after, here)
  const end = until === undefined ? { tx: here.horizon, seq: 0, runId: '' } : placeOf(until, here)
  if (!place || !end) return { code: 'unknown' }
  const within = [place.runId, place.seq, limit, end.tx, end.runId, end.seq]
  const older = place.tx === 0 ? await database.rows(OLDER, within) : []
  if (older.length === limit) return pageOf(here.life, older, place)
  if (end.tx === 0) return pageOf(here.life, older, end, true)
  const from = place.tx === 0 ? { tx: 1, seq: 0, runId: '' } : place
  const room = limit - older.length
  // Behind the horizon nothing is read, even if a place lies there.
  const last = end.tx > here.horizon ? { tx: here.horizon, seq: 0, runId: '' } : end
  if (from.tx > last.tx) return pageOf(here.life, older, from, true)
  const later = await database.rows(LATER, [from.tx, from.runId, from.seq, last.tx, room, last.runId, last.seq])
  const isAll = later.length < room
  return pageOf(here.life, [...older, ...later], isAll ? last : from, isAll)
}

/**
 * A copy in another cluster has entries of transactions that are still to come there, until `reconcile` counts on from them: no
 * place holds before that.
 */
async function look(database: Database): Promise<Here> {
  const row = await database.row('select * from midwatch.feed_here()')
  const [horizon, ahead] = [Number(row.horizon), Number(row.ahead)]
  const life = row.is_copied ? 'copied' : sha256(String(row.life)).slice(0, LIFE_DIGITS)
  return { life, horizon, ahead, hasOlder: row.has_older === true }
}

function pageOf(life: string, rows: readonly Row[], rest: Place, isAll = false): FeedPage {
  const entries = rows.map(({ tx, tenant, session, agent, version, fingerprint, ...row }) => {
    const entry = entryOf(row)
    const position = positionOf(life, { tx: Number(tx), seq: entry.seq, runId: entry.runId })
    return { position, tenant, session, agent, version, fingerprint, entry } as FeedEntry
  })
  const last = entries.at(-1)
  return { code: 'ok', entries, next: isAll || !last ? positionOf(life, rest) : last.position }
}

function positionOf(life: string, { tx, seq, runId }: Place): Position {
  return `${life}.${tx}.${seq}.${encodeURIComponent(runId)}`
}

/** Null for a place in another life, one before it began, and what is no position at all. */
function placeOf(position: Position, here: Here): Place | null {
  const [, life, tx, seq, runId = ''] = /^([0-9a-f]{12})\.(\d{1,16})\.(\d{1,16})\.(\S*)$/.exec(position) ?? []
  if (life !== here.life || Number(tx) > here.ahead) return null
  try {
    return { tx: Number(tx), seq: Number(seq), runId: decodeURIComponent(runId) }
  } catch {
    return null
  }
}
