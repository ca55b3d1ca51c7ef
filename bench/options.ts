import { parseArgs } from 'node:util'

/** What the bench was asked to do. */
export interface BenchOptions {
  /** Sections to run; all when none is named. */
  readonly only: readonly string[]
  /** Where the results go as JSON; null: nowhere. */
  readonly json: string | null
  /** Writes the table into bench/README.md. */
  readonly readme: boolean
  /** Rounds of each comparison; in a round every contender has one pass. */
  readonly rounds: number
  readonly warmupMs: number
  readonly windowMs: number
  /** Where the embedded PostgreSQL of the bench keeps its data. */
  readonly home: string
  /** Folder for CPU profiles of the governed contenders; null: none are taken. */
  readonly profile: string | null
}

export const USAGE = `npm run bench [-- OPTIONS]
  --json FILE      write the results as JSON
  --readme         write the table into bench/README.md
  --quick          one short round: does it run, not how fast
  --rounds N       rounds of each comparison (default 3)
  --window MS      measured time of each pass (default 2000)
  --only A,B       sections: inserts, floor, workers, peers, growth, replay, conversation
  --home FOLDER    data of the embedded PostgreSQL (default .midwatch/bench)
  --profile FOLDER write a CPU profile of each governed process`

/** Throws a TypeError, with what is wrong, for arguments that mean nothing. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      readme: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      window: { type: 'string' },
      only: { type: 'string' },
      home: { type: 'string', default: '.midwatch/bench' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  return {
    only: values.only?.split(',') ?? [],
    json: values.json ?? null,
    readme: values.readme,
    rounds: positive(values.rounds, values.quick ? 1 : 3),
    warmupMs: values.quick ? 300 : 1_000,
    windowMs: positive(values.window, values.quick ? 500 : 2_000),
    home: values.home,
    profile: values.profile ?? null,
  }
}

function positive(text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`'${text}' is no whole number from 1.`)
  return value
}
