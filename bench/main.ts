// `npm run bench`: contenders side by side on one embedded PostgreSQL, one table.
import { describeEnvironment, type Environment, environmentOf, loadNow } from './environment.js'
import { type BenchOptions, readOptions, type SECTIONS, USAGE } from './options.js'
import { Progress } from './progress.js'
import { writeReadme } from './readme.js'
import { type Results, readResults, writeResults } from './results.js'
import type { Row } from './row.js'
import type { Section } from './section.js'
import { conversationSection } from './sections/conversation.js'
import { crashesSection } from './sections/crashes.js'
import { floorSection } from './sections/floor.js'
import { growthSection } from './sections/growth.js'
import { insertsSection } from './sections/inserts.js'
import { longRunsSection } from './sections/long-runs.js'
import { peersSection } from './sections/peers.js'
import { replaySection } from './sections/replay.js'
import { workersSection } from './sections/workers.js'
import { openServer } from './server.js'
import { tableOf } from './table.js'

const ALL: Readonly<Record<(typeof SECTIONS)[number], Section>> = {
  inserts: insertsSection,
  floor: floorSection,
  workers: workersSection,
  peers: peersSection,
  'long-runs': longRunsSection,
  crashes: crashesSection,
  growth: growthSection,
  replay: replaySection,
  conversation: conversationSection,
}
const say = (line: string) => process.stderr.write(`${line}\n`)

async function measure(options: BenchOptions): Promise<Results> {
  const load = loadNow()
  const server = await openServer(options.home)
  try {
    say(describeEnvironment(environmentOf(server, load)))
    const { only } = options
    const chosen = Object.values(ALL).filter(({ name }) => only.length === 0 || only.includes(name))
    const progress = new Progress(chosen, options)
    const rows: Row[] = []
    for (const section of chosen) {
      say(progress.begin(section))
      await server.clear()
      rows.push(...(await section.run({ server, options, say })))
      progress.end(section)
    }
    return { environment: environmentOf(server, load), options, rows }
  } finally {
    await server.close()
  }
}

function tell(results: Results, { json, readme }: BenchOptions): void {
  const { environment, rows }: { environment: Environment; rows: readonly Row[] } = results
  process.stdout.write(`${describeEnvironment(environment)}\n\n${tableOf(rows, environment.quiet)}\n`)
  if (json !== null) writeResults(json, results)
  if (readme) writeReadme(results)
}

const options = readOptions(process.argv.slice(2))
if (options === null) say(USAGE)
else tell(options.from === null ? await measure(options) : readResults(options.from), options)
