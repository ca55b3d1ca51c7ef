import type { Kind, LongRun } from '../contender.js'
import { median, short } from '../numbers.js'
import { type Row, rowOf } from '../row.js'
import { enter, type Section, type Stage } from '../section.js'
import { firstLine, nameOf } from './peers.js'

/** How long a run may be until nobody wants to wait for it. */
const STEPS: Readonly<Partial<Record<Kind, number>>> = {
  governed: 1_000,
  dbos: 1_000,
  restate: 1_000,
  langgraph: 300,
  mastra: 200,
}

/** Whether a long run becomes slow, and what it leaves behind, with everybody: one run, alone. */
export const longRunsSection: Section = {
  name: 'long-runs',
  seconds: () => 30,
  async run(stage) {
    const rows: Row[] = []
    for (const kind of Object.keys(STEPS) as Kind[]) {
      try {
        rows.push(...(await runLong(stage, kind, STEPS[kind] ?? 0)))
      } catch (error) {
        rows.push(rowOf({ what: `${nameOf(kind)}, one long run`, figure: `could not be run: ${firstLine(error)}` }))
      }
    }
    return rows
  },
}

async function runLong(stage: Stage, kind: Kind, steps: number): Promise<Row[]> {
  const contender = await enter(stage, kind, 'read')
  try {
    await contender.long(20)
    return rowsOf(stage, nameOf(kind), steps, await contender.long(steps))
  } finally {
    await contender.close()
  }
}

function rowsOf(stage: Stage, who: string, steps: number, { stepMs, storedBytes }: LongRun): Row[] {
  const tenth = Math.floor(stepMs.length / 10)
  const [firstMs, lastMs] = [median(stepMs.slice(0, tenth)), median(stepMs.slice(-tenth))]
  const kb = storedBytes / steps / 1_000
  stage.say(`${who}, a run of ${steps}: ${short(firstMs)} → ${short(lastMs)} ms, ${short(kb)} KB a step`)
  return [
    rowOf({
      what: `${who}, a run of ${steps} steps: its last tenth`,
      runs: 1,
      figure: `${short(firstMs)} → ${short(lastMs)} ms a step`,
      ratio: `${short(lastMs / firstMs)} × its first tenth`,
      points: [{ chart: 'growth', who: `${who} (${steps})`, value: lastMs / firstMs }],
    }),
    rowOf({
      what: `${who}, a run of ${steps} steps: stored a step`,
      runs: 1,
      figure: `${short(kb)} KB`,
      points: [{ chart: 'storage', who: `${who} (${steps})`, value: kb }],
    }),
  ]
}
