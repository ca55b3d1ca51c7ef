import { describe, expect, it } from 'vitest'
import { play } from '../../src/rehearse/play.js'
import { SABOTAGES } from '../ledger-model/sabotage.js'
import { BROKEN } from '../sabotage/broken.js'
import { hunt } from './sabotage/hunt.js'
import { QUARRIES } from './sabotage/quarries.js'
import { SEEN_ELSEWHERE } from './sabotage/seen-elsewhere.js'
import { wharf } from './wharf.js'

/** Cases for each build; the proof plays more. */
const MOST = 60

describe('a broken kernel is found by rehearsal', () => {
  it.each(QUARRIES.map((quarry) => [quarry.what, quarry.toldBy, quarry] as const))(
    '%s: %s',
    async (_, toldBy, quarry) => {
      expect(await hunt(wharf, quarry, MOST)).toMatchObject({ says: expect.stringContaining(toldBy) })
    },
  )

  it('and the real one is not', async () => {
    for (const { name } of wharf.options.stories) {
      const { broken, violations } = await play(wharf, { story: name, seed: 1, strikes: null })
      expect({ broken, violations }).toEqual({ broken: [], violations: [] })
    }
  })
})

it.each(SEEN_ELSEWHERE)('$what is found where a simulation cannot: $test', ({ test }) => {
  expect([...BROKEN.map(({ what }) => what), ...SABOTAGES.map(({ name }) => name)]).toContain(test)
})
