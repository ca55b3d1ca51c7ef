import { compare, type Measured, type Passing, ratioOf } from '../comparison.js'
import { isPeer, type Kind, type Pass, PEERS, type PeerKind } from '../contender.js'
import type { ContenderProcess } from '../contender-process.js'
import { short } from '../numbers.js'
import { PEER_NAMES } from '../peer.js'
import { type Point, type Row, rowOf, type Target } from '../row.js'
import { comparisonSeconds, enter, orderOf, type Section, type Stage, turnsOf } from '../section.js'

const LANES = [1, 8, 64, 256]
const STEPS = 20
/** Whole governed steps a second at 64 runs, as a multiple of a peer's. */
const TIMES: Partial<Record<PeerKind, number>> = { dbos: 4, restate: 2, langgraph: 10 }

type Found = Partial<Record<Kind, Measured>>
type Open = Partial<Record<Kind, ContenderProcess>>

/** Of a peer that stopped: nothing was measured. */
const NOTHING: Pass = { stepsPerSecond: 0, p50Ms: Number.NaN, p99Ms: Number.NaN, clientUs: Number.NaN, serverUs: null }

/** The same work by everybody: runs of 20 trivial durable steps with a 600-byte result, from the start to the outcome. */
export const peersSection: Section = {
  name: 'peers',
  seconds: (options) => comparisonSeconds(options, LANES.length * (PEERS.length + 2)) + 15,
  async run(stage) {
    const open: Open = {}
    const rows: Row[] = []
    try {
      rows.push(...(await enterAll(stage, open)))
      for (const lanes of LANES) rows.push(...(await compareAt(stage, open, lanes)))
      return rows
    } finally {
      for (const contender of Object.values(open)) await contender.close()
    }
  },
}

/** Whoever cannot be installed or started has a row that says so. */
async function enterAll(stage: Stage, open: Open): Promise<Row[]> {
  const governed = await enter(stage, 'governed', 'read')
  open.governed = governed
  open.floor = await enter(stage, 'floor', 'read', await governed.sample())
  const absent: Row[] = []
  for (const peer of PEERS) {
    try {
      open[peer] = await enter(stage, peer, 'read')
    } catch (error) {
      absent.push(absentRow(stage, peer, error))
    }
  }
  return absent
}

function absentRow(stage: Stage, peer: PeerKind, error: unknown): Row {
  const figure = `could not be started: ${firstLine(error)}`
  stage.say(`${nameOf(peer)} ${figure}`)
  return rowOf({ what: whatOf(peer), figure })
}

async function compareAt(stage: Stage, open: Open, lanes: number): Promise<Row[]> {
  const stopped = new Map<Kind, string>()
  const passing = Object.entries(open).map(([kind, one]) => [kind, heldOn(kind as Kind, one, stopped)] as const)
  const found: Found = await compare(Object.fromEntries(passing), orderOf(stage, lanes, STEPS), turnsOf(stage))
  for (const kind of stopped.keys()) delete open[kind]
  const { governed, dbos } = found
  if (!governed) throw new Error('Midwatch has its passes.')
  const peers = PEERS.flatMap((peer) => (found[peer] && !stopped.has(peer) ? [[peer, found[peer]] as const] : []))
  const times = peers.map(([peer, measured]) => [peer, ratioOf(governed, measured, (p) => p.stepsPerSecond)] as const)
  const slower = dbos && !stopped.has('dbos') ? ratioOf(governed, dbos, (p) => p.p50Ms) : null
  const said = times.map(([peer, ratio]) => `${short(ratio)} × ${shortName(peer)}`)
  if (lanes === 1 && slower !== null) said.unshift(`median step ${short(slower)} × DBOS'`)
  stage.say(`runs of ${STEPS} steps, ${lanes} at once: ${short(governed.median)} steps/s, ${said.join('; ')}`)
  const ours = { ratio: said.join('; '), targets: targetsOf(lanes, new Map(times), slower) }
  return (Object.entries(found) as [Kind, Measured][]).map(([kind, measured]) => {
    const why = stopped.get(kind)
    if (why !== undefined) return rowOf({ what: whatOf(kind), runs: lanes, figure: `stopped: ${why}` })
    return measuredRow(kind, lanes, measured, kind === 'governed' ? ours : { ratio: null, targets: [] })
  })
}

/** A peer that stops in a pass is told of, and left out from then on; of ourselves it would be a fault. */
function heldOn(kind: Kind, contender: Passing, stopped: Map<Kind, string>): Passing {
  if (!isPeer(kind)) return contender
  return {
    pass: async (order) => {
      if (stopped.has(kind)) return NOTHING
      return contender.pass(order).catch((error) => {
        stopped.set(kind, firstLine(error))
        return NOTHING
      })
    },
  }
}

const shortName = (peer: PeerKind): string => PEER_NAMES[peer].name.split(' ')[0] ?? peer

const whatOf = (kind: Kind): string => `${nameOf(kind)}, runs of ${STEPS} steps`

/** What went wrong, as a table has room for it. */
export function firstLine(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return first
}

export function nameOf(kind: Kind): string {
  if (kind === 'governed') return 'Midwatch'
  return kind === 'floor' ? 'the bare floor' : PEER_NAMES[kind as PeerKind].name
}

function measuredRow(kind: Kind, runs: number, measured: Measured, more: Pick<Row, 'ratio' | 'targets'>): Row {
  const who = nameOf(kind)
  const points: Point[] = [
    { chart: 'throughput', who, at: runs, value: measured.median },
    { chart: 'latency', who, at: runs, value: measured.p50Ms },
  ]
  if (runs === 64) points.push({ chart: 'cpu', who, value: measured.clientUs + (measured.serverUs ?? 0) })
  return rowOf({ what: whatOf(kind), runs, measured, points, ...more })
}

function targetsOf(lanes: number, times: ReadonlyMap<PeerKind, number>, slower: number | null): Target[] {
  if (lanes === 1 && slower !== null) return [{ text: "median step ≤ DBOS'", met: slower <= 1, quiet: false }]
  if (lanes !== 64) return []
  return PEERS.flatMap((peer) => {
    const [least, ratio] = [TIMES[peer], times.get(peer)]
    if (least === undefined || ratio === undefined) return []
    return [{ text: `≥ ${least} × ${shortName(peer)}`, met: ratio >= least, quiet: false }]
  })
}
