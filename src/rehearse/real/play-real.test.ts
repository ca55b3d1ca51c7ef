import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Ledger } from '../../core/ledger.js'
import type { Strike } from '../fault.js'
import { harbourNight } from './harbour-night.fixture.js'
import { RealHouse } from './play-real.js'

const file = fileURLToPath(new URL('./harbour-night.fixture.ts', import.meta.url))
let house: RealHouse

beforeAll(async () => {
  house = await RealHouse.open({ databaseUrl: process.env.MIDWATCH_TEST_URL ?? '' })
}, 60_000)
afterAll(() => house.close())

/** How the runs of each case stood when its ledger was shown. */
const shown: string[] = []
const look = async (ledger: Ledger) => {
  for (const { agent, state } of await ledger.runs({})) shown.push(`${agent} ${state}`)
}

const played = (story: string, strikes: readonly Strike[]) =>
  house.play(harbourNight, { story, seed: 1, strikes }, { file, patienceMs: 80_000, look })

/** Command lines of the workers that live, by /proc. */
function workers(): string[] {
  const lines = readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : []
    } catch {
      return []
    }
  })
  return lines.filter((line) => line.includes('real-worker') && line.includes(file))
}

it('plays real processes through what kills, stops and cuts them, with every effect done once', async () => {
  const [killed, stopped] = await Promise.all([
    played('pilot', [
      { fault: 'crash', place: 'point:after_effect#3' },
      { fault: 'answer_lost', place: 'answer:apply:begin#2' },
      { fault: 'tool_cut', place: 'tool:berth#1' },
    ]),
    played('evening', [
      { fault: 'crash', place: 'answer:claim#1' },
      { fault: 'stall', place: 'point:before_effect#2' },
      { fault: 'message_duplicate', place: 'message:0#1' },
    ]),
  ])
  for (const verdict of [killed, stopped]) {
    expect([verdict.violations, verdict.broken]).toEqual([[], []])
    expect(verdict).toMatchObject({ side: 'midwatch', ok: true, acts: 3, duplicates: 0, stuck: 0 })
    expect(verdict.runs.map(({ status }) => status)).toEqual(['completed'])
  }
  expect(shown.sort()).toEqual(
    [killed, stopped].flatMap(({ runs }) => runs.map(({ agent }) => `${agent} ended`)).sort(),
  )
  expect(killed.bitten.map(({ fault }) => fault).sort()).toEqual(['answer_lost', 'crash', 'tool_cut'])
  expect(stopped.struck).toHaveLength(3)
  expect(stopped.bitten.map(({ fault }) => fault)).toContain('stall')
  expect(workers()).toEqual([])
}, 90_000)

it('says what is wrong with a file that cannot be loaded, and leaves nothing behind', async () => {
  const none = house.play(harbourNight, { story: 'pilot', seed: 1, strikes: [] }, { file: `${file}.gone` })
  await expect(none).rejects.toMatchObject({ code: 'invalid_rehearsal' })
  expect(workers()).toEqual([])
}, 30_000)
