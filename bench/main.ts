// `npm run bench`: contenders side by side on one embedded PostgreSQL, one table.
import { writeFileSync } from 'node:fs'
import { describeEnvironment, environmentOf, loadNow } from './environment.js'
import { type BenchOptions, readOptions, USAGE } from './options.js'
import { writeReadme } from './readme.js'
import type { Row } from './row.js'
import type { Section } from './section.js'
import { conversationSection } from './sections/conversation.js'
import { floorSection } from './sections/floor.js'
import { growthSection } from './sections/growth.js'
import { insertsSection } from './sections/inserts.js'
import { peersSection } from './sections/peers.js'
import { replaySection } from './sections/replay.js'
import { workersSection } from './sections/workers.js'
import { openServer } from './server.js'
import { tableOf } from './table.js'

const SECTIONS: readonly Section[] = [
  insertsSection,
  floorSection,
  workersSection,
  peersSection,
  growthSection,
  replaySection,
  conversationSection,
]
const say = (line: string) => process.stderr.write(`${line}\n`)

async function bench(options: BenchOptions): Promise<void> {
  const load = loadNow()
  const server = await openServer(options.home)
  try {
    say(describeEnvironment(environmentOf(server, load)))
    const rows: Row[] = []
    for (const section of SECTIONS) {
      if (options.only.length > 0 && !options.only.includes(section.name)) continue
      say(`${section.name} …`)
      await server.clear()
      rows.push(...(await section.run({ server, options, say })))
    }
    const environment = environmentOf(server, load)
    process.stdout.write(`${describeEnvironment(environment)}\n\n${tableOf(rows, environment.quiet)}\n`)
    if (options.json !== null) writeFileSync(options.json, JSON.stringify({ environment, options, rows }, null, 2))
    if (options.readme) writeReadme(rows, environment, options)
  } finally {
    await server.close()
  }
}

const options = readOptions(process.argv.slice(2))
if (options === null) say(USAGE)
else await bench(options)
