import { describe, expect, it } from 'vitest'
import { manualClock } from '../testing/manual-clock.js'
import { progressLine, RehearsalProgress } from './rehearsal-progress.js'

const STATE = { doing: 'desk plays', planned: 10_000, broken: 0, done: 1_000 }
const forever = Number.POSITIVE_INFINITY

describe('the progress of a rehearsal', () => {
  it.each([
    [STATE, 2_000, forever, 'desk plays: 1000 of 10000 cases, 500/s, 18s left, 0 broken'],
    [STATE, 2_000, 5_000, 'desk plays: 1000 of 10000 cases, 500/s, 3s left, 0 broken'],
    [{ ...STATE, planned: forever }, 2_000, 5_000, 'desk plays: 1000 cases, 500/s, 3s left, 0 broken'],
    [{ ...STATE, done: 12_000 }, 2_000, forever, 'desk plays: 12000 cases, 6000/s, 0 broken'],
    [{ ...STATE, done: 0 }, 0, forever, 'desk plays: 0 of 10000 cases, 0/s, 0 broken'],
  ])('%j after %i ms of %i', (state, tookMs, forMs, line) => {
    expect(progressLine(state, tookMs, forMs)).toBe(line)
  })

  async function told(watched: boolean, seconds: number): Promise<string[]> {
    const said: string[] = []
    const clock = manualClock(0)
    const progress = new RehearsalProgress({ clock, watched, err: (text) => void said.push(text) }, forever)
    progress.start()
    progress.heard(STATE)
    for (let second = 0; second < seconds; second += 1) await clock.advance(1_000)
    progress.end()
    await clock.advance(60_000)
    return said
  }

  it('is a line that is written over each second where somebody watches, and gone at the end', async () => {
    const said = await told(true, 3)
    expect(said.length).toBe(4)
    expect(said.slice(0, 3).every((text) => text.startsWith('\r\u001b[K') && !text.includes('\n'))).toBe(true)
    expect(said.at(-1)).toBe('\r\u001b[K')
  })

  it('is a line of its own every ten seconds elsewhere', async () => {
    const said = await told(false, 25)
    expect(said.length).toBe(2)
    expect(said.every((text) => /^desk plays: [^\n]+\n$/.test(text))).toBe(true)
  })
})
