import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative, resolve } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import { MODES, type Mode } from '../../rehearse/campaign/campaign.js'
import { readFaults } from '../../rehearse/campaign/strike-text.js'
import { type ConductOptions, conduct } from '../../rehearse/conduct.js'
import { conductReal } from '../../rehearse/real/conduct-real.js'
import { junitOf } from '../../rehearse/report/junit.js'
import { pageOf } from '../../rehearse/report/page.js'
import type { Report } from '../../rehearse/report/report.js'
import { scorecard } from '../../rehearse/report/scorecard.js'
import type { Call } from '../call.js'
import { EXIT } from '../exit.js'
import { RehearsalProgress } from '../rehearsal-progress.js'
import { findRehearsals } from '../rehearsals.js'
import { replayed } from '../replayed.js'
import type { Reply, Verb } from '../verb.js'

const DEFAULT_CASES = 1_000
const DEFAULT_PAIRS = 300
/** Each takes seconds. */
const REAL_CASES = 20

export const rehearse: Verb = {
  usage: 'rehearse [files...]',
  says: 'Put scenarios through thousands of hostile nights, without any database. Exit code 1 when something broke.',
  options: [
    ['--mode <mode>', 'enumerate, explore or both (default both); real: over real processes and PostgreSQL'],
    [
      '--cases <n>',
      `cases explored of each scenario (default ${DEFAULT_CASES}, real ${REAL_CASES}); with --mode enumerate the most enumerated`,
    ],
    ['--pairs <n>', `pairs of faults enumerated of each story: a number, or all (default ${DEFAULT_PAIRS})`],
    ['--seconds <n>', 'begin nothing more after so long'],
    ['--seed <n>', 'the same seed finds the same (default 1)'],
    ['--scenario <name>', 'only this one'],
    ['--story <name>', 'only this one'],
    ['--faults <names>', 'only these faults or layers of faults, parted by commas'],
    ['--naive', 'play the naive twin too, under the same seeds'],
    ['--strike <fault@place...>', 'play one case with exactly these faults (none: with none), and tell its story'],
    ['--messages <numbers>', 'with --strike: only these messages of the story, such as 1,3'],
    ['--html <file>', 'write the report as a page'],
    ['--junit <file>', 'write the report as JUnit XML'],
    ['--processes <n>', 'how many play (default: one for each core)'],
  ],
  act: (call) => (call.texts('strike').length > 0 ? replayed(call) : conducted(call)),
}

async function conducted(call: Call): Promise<Reply> {
  const { io } = call
  const options = optionsOf(call)
  const loaded = await findRehearsals(call)
  const progress = new RehearsalProgress(io, options.forMs)
  const stop = io.stopped()
  progress.start()
  try {
    const shownAs = (file: string) => relative(io.cwd, file)
    const attending = { stop, tell: (state: Parameters<typeof progress.heard>[0]) => progress.heard(state) }
    const report = isReal(call)
      ? await conductReal(loaded, options, attending, shownAs)
      : await conduct(loaded, options, attending, shownAs)
    for (const [option, write] of [
      ['html', pageOf],
      ['junit', junitOf],
    ] as const)
      save(call, option, write, report)
    return { text: scorecard(report), data: report, exit: report.ok ? EXIT.ok : EXIT.broken }
  } finally {
    progress.end()
  }
}

const isReal = (call: Call): boolean => call.text('mode') === 'real'

function optionsOf(call: Call): ConductOptions {
  const mode = isReal(call) ? 'explore' : ((call.text('mode') ?? 'both') as Mode)
  if (!MODES.includes(mode)) {
    throw new MidwatchError('usage', `--mode '${mode}': it is one of ${MODES.join(', ')}, real.`)
  }
  const faults = call.text('faults')
  const seconds = call.whole('seconds', 1)
  const cases = call.whole('cases', 1)
  return {
    mode,
    seed: call.whole('seed', 0) ?? 1,
    cases: cases ?? (mode === 'enumerate' || seconds !== undefined ? Number.POSITIVE_INFINITY : usualCases(call)),
    pairs: call.text('pairs') === 'all' ? Number.MAX_SAFE_INTEGER : (call.whole('pairs', 0) ?? DEFAULT_PAIRS),
    forMs: seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1_000,
    faults: faults === undefined ? null : readFaults(faults),
    naive: call.flag('naive'),
    processes: call.whole('processes', 1) ?? availableParallelism(),
  }
}

const usualCases = (call: Call): number => (isReal(call) ? REAL_CASES : DEFAULT_CASES)

function save(call: Call, option: string, write: (report: Report) => string, report: Report): void {
  const file = call.text(option)
  if (file !== undefined) writeFileSync(resolve(call.io.cwd, file), write(report))
}
