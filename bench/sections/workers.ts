import { compare, type Passing, ratioOf } from '../comparison.js'
import type { Pass } from '../contender.js'
import type { ContenderProcess } from '../contender-process.js'
import { short } from '../numbers.js'
import { type Row, rowOf, type Target } from '../row.js'
import { comparisonSeconds, enter, orderOf, type Section, turnsOf } from '../section.js'

const RUNS = 128
const STEPS = 200
const LEAST_PER_SECOND = 7_000

/** Two workers on one ledger, each a process with half of the runs, beside one that has them all. */
export const workersSection: Section = {
  name: 'workers',
  seconds: (options) => comparisonSeconds(options, 2) + 6,
  async run(stage) {
    const shared = await stage.server.database('bench_workers')
    const open: ContenderProcess[] = []
    const opened = async (url: string | null) => {
      open.push(await enter(stage, 'governed', 'counted', null, url))
    }
    try {
      for (const url of [null, shared, shared]) await opened(url)
      const [one, ...pair] = open
      if (!one) throw new Error('A worker is open.')
      const found = await compare({ one, two: together(pair) }, orderOf(stage, RUNS, STEPS), turnsOf(stage))
      const times = ratioOf(found.two, found.one, (pass) => pass.stepsPerSecond)
      stage.say(`two workers, ${RUNS} runs: ${short(found.two.median)} steps/s, ${short(times)} × one worker`)
      const ratio = `${short(times)} × one worker`
      const what = 'governed: reads, 3 shared meters'
      const rows: Row[] = [
        rowOf({ what: `${what}, one worker`, runs: RUNS, measured: found.one }),
        rowOf({
          what: `${what}, two workers`,
          runs: RUNS,
          measured: found.two,
          ratio,
          targets: targetsOf(found.two.median),
        }),
      ]
      return rows
    } finally {
      for (const contender of open) await contender.close()
    }
  },
}

function targetsOf(perSecond: number): Target[] {
  return [{ text: `≥ ${LEAST_PER_SECOND}/s`, met: perSecond >= LEAST_PER_SECOND, quiet: true }]
}

/** Several processes measured as one: each has its share of the runs, in the same window. */
function together(all: readonly Passing[]): Passing {
  return {
    pass: async (order) => {
      const lanes = Math.ceil(order.lanes / all.length)
      return sumOf(await Promise.all(all.map((one) => one.pass({ ...order, lanes }))))
    },
  }
}

/** Steps add up; times are those of a step, whoever worked it. Each has measured the whole server over its own steps. */
function sumOf(passes: readonly Pass[]): Pass {
  const stepsPerSecond = passes.reduce((sum, pass) => sum + pass.stepsPerSecond, 0)
  const mean = (of: (pass: Pass) => number) =>
    passes.reduce((sum, pass) => sum + of(pass) * pass.stepsPerSecond, 0) / stepsPerSecond
  const hasServer = passes.every((pass) => pass.serverUs !== null)
  return {
    stepsPerSecond,
    p50Ms: mean((pass) => pass.p50Ms),
    p99Ms: Math.max(...passes.map((pass) => pass.p99Ms)),
    clientUs: mean((pass) => pass.clientUs),
    serverUs: hasServer ? mean((pass) => pass.serverUs ?? 0) / passes.length : null,
  }
}
