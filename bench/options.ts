import { parseArgs } from 'node:util'

/** What the bench was asked to do. */
export interface BenchOptions {
  /** Sections to run; all when none is named. */
  readonly only: readonly string[]
  /** Where the results go as JSON; null: nowhere. */
  readonly json: string | null
  /** Results to tell of instead of measuring anything; null: measure. */
  readonly from: string | null
  /** Writes table and charts into bench/. */
  readonly readme: boolean
  /** Rounds of each comparison; in a round every contender has one pass. */
  readonly rounds: number
  readonly warmupMs: number
  readonly windowMs: number
  /** Kills of each contender. */
  readonly crashes: number
  /** Where the embedded PostgreSQL of the bench keeps its data. */
  readonly home: string
  /** Folder for CPU profiles of the governed contenders; null: none are taken. */
  readonly profile: string | null
}

/** In the order in which they are run. */
export const SECTIONS = [
  'inserts',
  'floor',
  'workers',
  'peers',
  'long-runs',
  'crashes',
  'growth',
  'replay',
  'conversation',
] as const
/** Those in which others than Midwatch are measured. */
const WITH_PEERS: readonly string[] = ['peers', 'long-runs', 'crashes']

export const USAGE = `npm run bench [-- OPTIONS]
  --json FILE      write the results as JSON
  --from FILE      measure nothing: tell of results that --json wrote
  --readme         write the table and the charts into bench/
  --quick          one short round: does it run, not how fast
  --rounds N       rounds of each comparison (default 3)
  --window MS      measured time of each pass (default 2000)
  --crashes N      kills of each contender (default 10)
  --only A,B       sections: ${SECTIONS.join(', ')}
  --peers          the sections with peers: ${WITH_PEERS.join(', ')}
  --home FOLDER    data of the embedded PostgreSQL (default .midwatch/bench)
  --profile FOLDER write a CPU profile of each governed process`

/** null: only the usage was asked for. Throws a TypeError, with what is wrong, for arguments that mean nothing. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      from: { type: 'string' },
      readme: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      window: { type: 'string' },
      crashes: { type: 'string' },
      only: { type: 'string' },
      home: { type: 'string', default: '.midwatch/bench' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  return {
    only: sectionsOf(values.only, values.peers),
    json: values.json ?? null,
    from: values.from ?? null,
    readme: values.readme,
    rounds: positive(values.rounds, values.quick ? 1 : 3),
    warmupMs: values.quick ? 300 : 1_000,
    windowMs: positive(values.window, values.quick ? 500 : 2_000),
    crashes: positive(values.crashes, values.quick ? 1 : 10),
    home: values.home,
    profile: values.profile ?? null,
  }
}

function sectionsOf(only: string | undefined, peers: boolean): readonly string[] {
  const named = [...(only?.split(',') ?? []), ...(peers ? WITH_PEERS : [])]
  const unknown = named.find((name) => !(SECTIONS as readonly string[]).includes(name))
  if (unknown !== undefined) throw new TypeError(`'${unknown}' is no section; there are ${SECTIONS.join(', ')}.`)
  return named
}

function positive(text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`'${text}' is no whole number from 1.`)
  return value
}
