import { hunt } from '../rehearse/sabotage/hunt.js'
import { QUARRIES } from '../rehearse/sabotage/quarries.js'
import { SEEN_ELSEWHERE } from '../rehearse/sabotage/seen-elsewhere.js'
import { wharf } from '../rehearse/wharf.js'

export const name = 'sabotage'
export const about =
  'broken builds of the kernel, each found by rehearsal, with the cases it took; others by a named test'

const MOST = 2_000

export async function run(): Promise<{ summary: string; ok: boolean }> {
  let found = 0
  for (const quarry of QUARRIES) {
    const caught = await hunt(wharf, quarry, MOST)
    if (caught) found += 1
    const told = caught ? `case ${caught.cases} (${caught.story}, seed ${caught.seed}): ${caught.says}` : 'NOT FOUND'
    console.log(`   ${quarry.what}: ${told}`)
  }
  for (const { what, file, test } of SEEN_ELSEWHERE) console.log(`   ${what}: ${file}, '${test}'`)
  const summary = `${found} of ${QUARRIES.length} broken builds found by rehearsal; ${SEEN_ELSEWHERE.length} that an atomic simulation cannot see, or that no orchestrator of ours brings about, by a named test`
  return { summary, ok: found === QUARRIES.length }
}
