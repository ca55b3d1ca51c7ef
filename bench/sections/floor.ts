import { compare, type Measured, type Passing, ratioOf } from '../comparison.js'
import { type Pass, sharesMeters, WORKS, type Work } from '../contender.js'
import type { ContenderProcess } from '../contender-process.js'
import { short } from '../numbers.js'
import { type Row, rowOf, type Target } from '../row.js'
import { comparisonSeconds, enter, orderOf, type Section, type Stage, turnsOf } from '../section.js'

const LANES: Record<Work, readonly number[]> = {
  read: [1, 8, 64, 128],
  counted: [64, 128],
  keyed: [1, 8, 64, 128],
  metered: [1, 8, 64, 128],
}
/** Long runs: what admission and claims cost is the peers' section's to show. */
const STEPS = 200
const WORDS: Record<Work, string> = {
  read: 'reads',
  counted: 'reads, 3 shared meters',
  keyed: 'keyed effects',
  metered: 'keyed effects, 3 shared meters',
}
/** Steps a second on a quiet machine of 2 cores, by work and runs. */
const QUIET: Record<Work, Readonly<Record<number, number>>> = {
  read: { 1: 500, 8: 2_300 },
  counted: { 64: 5_500, 128: 5_500 },
  keyed: { 1: 500, 8: 2_300 },
  metered: { 1: 500, 8: 2_300, 64: 3_500, 128: 3_500 },
}

type Trio = Record<'governed' | 'floor' | 'pairs', ContenderProcess>

/** Whole governed steps through the public API against the bare ledger: the same writes, sent straight to `apply`. */
export const floorSection: Section = {
  name: 'floor',
  seconds: (options) => {
    const alone = WORKS.filter((work) => LANES[work].includes(1)).length
    const pairs = WORKS.flatMap((work) => LANES[work]).length
    return comparisonSeconds(options, 2 * pairs + alone) + 4 * WORKS.length
  },
  async run(stage) {
    const rows: Row[] = []
    for (const work of WORKS) rows.push(...(await compareWork(stage, work)))
    return rows
  },
}

async function compareWork(stage: Stage, work: Work): Promise<Row[]> {
  const open: ContenderProcess[] = []
  const opened = async (contender: Promise<ContenderProcess>) => {
    open.push(await contender)
    return contender
  }
  try {
    const governed = await opened(enter(stage, 'governed', work))
    const sample = await governed.sample()
    const floor = await opened(enter(stage, 'floor', work, sample))
    const pairs = await opened(enter(stage, 'pairs', work, sample))
    const rows: Row[] = []
    for (const lanes of LANES[work]) rows.push(...(await compareLanes(stage, work, lanes, { governed, floor, pairs })))
    return rows
  } finally {
    for (const contender of open) await contender.close()
    await stage.server.clear()
  }
}

async function compareLanes(stage: Stage, work: Work, lanes: number, all: Trio): Promise<Row[]> {
  const order = orderOf(stage, lanes, STEPS)
  const { pairs, ...two } = all
  const chosen: Readonly<Record<string, Passing>> = lanes === 1 ? all : two
  const { governed, floor, pairs: bare } = await compare(chosen, order, turnsOf(stage))
  if (!governed || !floor) throw new Error('Every contender has its passes.')
  const share = ratioOf(governed, floor, (pass) => pass.stepsPerSecond)
  stage.say(`${WORDS[work]}, ${lanes} runs: ${short(governed.median)} steps/s, ${short(share)} of the floor`)
  const time = (pass: Pass) => pass.p50Ms
  const ratio = bare
    ? `median step ${short(ratioOf(governed, bare, time))} × begin and settle each alone, ${short(ratioOf(governed, floor, time))} × the floor's`
    : `${short(share)} of the floor`
  return [
    rowOf({
      what: `governed: ${WORDS[work]}`,
      runs: lanes,
      measured: governed,
      ratio,
      targets: [
        ...ratioTargets(work, lanes, share, bare ? ratioOf(governed, bare, time) : null),
        ...quietTargets(work, lanes, governed),
      ],
    }),
    rowOf({ what: `floor: ${WORDS[work]}`, runs: lanes, measured: floor }),
    ...(bare
      ? [rowOf({ what: `floor, begin and settle each alone: ${WORDS[work]}`, runs: lanes, measured: bare })]
      : []),
  ]
}

function ratioTargets(work: Work, lanes: number, share: number, stepRatio: number | null): Target[] {
  if (lanes === 128 && sharesMeters(work)) return [{ text: '≥ 0.6 of the floor', met: share >= 0.6, quiet: false }]
  if (stepRatio !== null) return [{ text: '≤ 1.6 × begin and settle', met: stepRatio <= 1.6, quiet: false }]
  return []
}

function quietTargets(work: Work, lanes: number, { median, p50Ms, clientUs }: Measured): Target[] {
  const least = QUIET[work][lanes]
  const targets: Target[] = []
  if (least !== undefined) targets.push({ text: `≥ ${least}/s`, met: median >= least, quiet: true })
  if (lanes === 1) targets.push({ text: 'median ≤ 2 ms', met: p50Ms <= 2, quiet: true })
  if (lanes === 128) targets.push({ text: 'client ≤ 110 µs', met: clientUs <= 110, quiet: true })
  return targets
}
