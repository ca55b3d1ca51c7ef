import { describe, expect, it, test } from 'vitest'
import { FAULT_NAMES, FAULTS, type FaultName, type Strike } from './fault.js'
import { fourClasses } from './four-classes.fixture.js'
import { play, visitsOf } from './play.js'
import type { Place, SiteKey, SiteKind } from './site.js'
import type { Verdict } from './verdict.js'

const STORY = 'one'
/** A check is asked only of a call whose answer was lost. */
const LOST: Strike = { fault: 'tool_cut', place: 'tool:pay#1' }
const playWith = (strikes: readonly Strike[]) => play(fourClasses, { story: STORY, seed: 1, strikes })

const visits: Record<SiteKey, number> = { ...(await visitsOf(fourClasses, STORY)), 'check:pay': 1 }

/** Where a fault can strike in the story, in the order in which the sites are first met. */
function placesOf(fault: FaultName): Place[] {
  const kinds: readonly SiteKind[] = FAULTS[fault].at
  return Object.entries(visits).flatMap(([site, count]) =>
    kinds.some((kind) => site.startsWith(`${kind}:`))
      ? Array.from({ length: count }, (_, n): Place => `${site as SiteKey}#${n + 1}`)
      : [],
  )
}

/** Plays the fault alone at each of its places in turn, until it has an effect. */
async function playUntilBitten(fault: FaultName): Promise<{ verdicts: Verdict[]; bitten: boolean }> {
  const verdicts: Verdict[] = []
  const given = FAULTS[fault].at.some((kind) => kind === 'check') ? [LOST] : []
  for (const place of placesOf(fault)) {
    const verdict = await playWith([...given, { fault, place }])
    verdicts.push(verdict)
    if (verdict.bitten.some((one) => one.fault === fault)) return { verdicts, bitten: true }
  }
  return { verdicts, bitten: false }
}

it('a calm night is calm', async () => {
  const verdict = await playWith([])
  expect(verdict).toMatchObject({ ok: true, struck: [], acts: 4, runs: [{ status: 'completed' }] })
})

describe('each fault alone has an effect somewhere, and all that must hold does', () => {
  test.each(FAULT_NAMES)(
    '%s',
    async (fault) => {
      const { verdicts, bitten } = await playUntilBitten(fault)
      expect(bitten).toBe(true)
      for (const { ok, violations, broken, duplicates, stuck } of verdicts) {
        expect({ ok, violations, broken, duplicates, stuck }).toEqual({
          ok: true,
          violations: [],
          broken: [],
          duplicates: 0,
          stuck: 0,
        })
      }
    },
    60_000,
  )
})

it('the same strikes give the same verdict', async () => {
  for (const fault of ['model_loop', 'tool_late_act', 'person_twice', 'hold'] as const) {
    const [place] = placesOf(fault)
    const strikes = place ? [{ fault, place }] : []
    expect((await playWith(strikes)).digest).toBe((await playWith(strikes)).digest)
  }
})

describe('what a call that is sent again says of the one before', () => {
  test.each<FaultName>(['tool_busy', 'tool_permanent', 'tool_error'])(
    'is nothing, where it meets %s',
    async (fault) => {
      const strikes: Strike[] = [
        { fault: 'tool_timeout_after', place: 'tool:mail#1' },
        { fault, place: 'tool:mail#2' },
      ]
      expect(await playWith(strikes)).toMatchObject({ ok: true, broken: [], acts: 4, bitten: strikes })
    },
  )
})
