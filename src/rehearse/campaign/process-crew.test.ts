import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { conduct } from '../conduct.js'
import { FAULT_NAMES } from '../fault.js'
import { fakeScenario } from './fake-plays.fixture.js'
import { ProcessCrew } from './process-crew.js'
import { readStrike } from './strike-text.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-crew-'))
afterAll(() => rmSync(folder, { recursive: true }))
const plays = new URL('./fake-plays.fixture.ts', import.meta.url).href

/** A file that exports fakes as a user's does, for players to load. */
function fileOf(name: string, stories: Readonly<Record<string, number>>): string {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, `export default ${JSON.stringify(fakeScenario(name, stories))}`)
  return file
}

const OPTIONS = { seed: 1, pairs: 400, forMs: Number.POSITIVE_INFINITY, faults: FAULT_NAMES, naive: true } as const

async function conducted(processes: number, stories: Readonly<Record<string, number>>, over = {}) {
  const name = Object.keys(stories).join('-')
  const file = fileOf(name, stories)
  const options = { ...OPTIONS, mode: 'both', cases: 350, processes, plays, hangMs: 2_000, ...over } as const
  const stop = new AbortController()
  const report = await conduct([{ scenario: fakeScenario(name, stories), file }], options, { stop: stop.signal })
  const [one] = report.scenarios
  if (!one) throw new Error('A campaign of one scenario has one result.')
  return one
}

describe('players in processes of their own', { timeout: 120_000 }, () => {
  it('find the same, however many they are', async () => {
    const [one, three] = [await conducted(1, { pay: 2, ask: 1 }), await conducted(3, { pay: 2, ask: 1 })]
    expect(three).toEqual(one)
    expect(one.breaks.map(({ thing }) => thing.row).sort()).toEqual(['I3', 'I6', 'expectations'])
  })

  it.each([
    ['dies', /its process ended \(exit code 9\)/],
    ['hangs', /it hung: no end after 2 s/],
    ['throws', /The stage fell down/],
  ])('lose a case that %s, say which it was, and play all others', async (story, why) => {
    const file = fileOf(story, { [story]: 1 })
    const crew = new ProcessCrew({ files: [file], plays, naive: false }, { processes: 2, hangMs: 2_000 })
    const case_ = (strike: string, seed: number) => ({ scenario: story, story, seed, strikes: [readStrike(strike)] })
    const calm = Array.from({ length: 50 }, (_, at) => case_('tool_slow@tool:refund#1', at))
    const cases = [...calm.slice(0, 30), case_('tool_busy@tool:refund#1', 99), ...calm.slice(30)]
    const played = await crew.play(cases)
    crew.close()
    expect(played.lost).toMatchObject([{ at: 30, case: { seed: 99 }, why: expect.stringMatching(why) }])
    expect(played.tally.sums.cases).toBe(50)
    expect(played.digests.indexOf('')).toBe(30)
    expect(crew.done).toBe(51)
  })

  it.each([1, 2])(
    'end a campaign at the first case of a scenario that cannot be played (%i of them)',
    async (processes) => {
      const refused = { code: 'invalid_definition', message: 'It has a stand-in of no tool.' }
      await expect(conducted(processes, { pay: 1, unplayable: 1 })).rejects.toMatchObject(refused)
    },
  )

  it('are ended at once when the crew is closed', async () => {
    const crew = new ProcessCrew({ files: [fileOf('hangs', { hangs: 1 })], plays, naive: false }, { processes: 1 })
    const hanging = { scenario: 'hangs', story: 'hangs', seed: 1, strikes: [readStrike('tool_busy@tool:refund#1')] }
    const playing = crew.play([hanging])
    const ended = expect(playing).rejects.toMatchObject({ name: 'Stopped' })
    crew.close()
    await ended
    await expect(crew.play([hanging])).rejects.toMatchObject({ name: 'Stopped' })
  })

  it('give what was played of a batch when the crew is closed', async () => {
    const crew = new ProcessCrew({ files: [fileOf('hangs', { hangs: 1 })], plays, naive: false }, { processes: 1 })
    const of = (strike: string, seed: number) => ({
      scenario: 'hangs',
      story: 'hangs',
      seed,
      strikes: [readStrike(strike)],
    })
    const calm = Array.from({ length: 40 }, (_, seed) => of('tool_slow@tool:refund#1', seed))
    const playing = crew.play([...calm, of('tool_busy@tool:refund#1', 99)])
    // It hangs in the case behind them.
    await expect.poll(() => crew.done, { timeout: 60_000 }).toBe(41)
    crew.close()
    expect((await playing).tally.sums.cases).toBe(40)
  })

  it('say why a file cannot be loaded', async () => {
    const file = join(folder, 'sunk.mjs')
    writeFileSync(file, 'throw new Error("half written")')
    const crew = new ProcessCrew({ files: [file], plays, naive: false }, { processes: 1 })
    const one = { scenario: 'sunk', story: 'x', seed: 1, strikes: [] }
    await expect(crew.play([one])).rejects.toMatchObject({
      code: 'invalid_rehearsal',
      message: expect.stringContaining('half written'),
    })
    crew.close()
  })
})
