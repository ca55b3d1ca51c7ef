import { systemEntropy } from '../core/ids.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { type ManualClock, manualClock } from '../testing/manual-clock.js'
import type { Call, ToolSpec } from '../tools/tool.js'
import { startFlood } from './actors/flood.js'
import { chanceOf } from './chance.js'
import type { Fates } from './fates.js'
import type { Strike } from './fault.js'
import type { Message, ScenarioOptions, Stage, Story } from './scenario.js'
import { type Place, placeOf, type SiteKey, siteKey } from './site.js'
import type { Surroundings } from './surroundings.js'
import { newWitness } from './tools/witness.js'
import { WorldTime } from './world-time.js'

/** Surroundings made by hand: a clock that stands still, a memory ledger, faults where the test names them. */
export interface HandMade extends Surroundings {
  readonly clock: ManualClock
  readonly admitted: Message[]
}

/** What a flow calls is not known beforehand, so that any tool may have a stand-in. */
const FLOWS = [{ name: 'by-hand', definition: { kind: 'flow', tools: new Map() } }]

export function handMade(options: Partial<ScenarioOptions<unknown>>, strikes: readonly Strike[] = []): HandMade {
  const clock = manualClock()
  const chance = chanceOf('by hand')
  const scenario = { name: 'by-hand', run: FLOWS, stories: [], ...options } as unknown as ScenarioOptions<unknown>
  const story: Story = scenario.stories[0] ?? { name: 'a', messages: [] }
  const worldTime = new WorldTime(clock)
  const stage: Stage = { story, chance, now: clock.now, sleep: worldTime.sleep }
  const admitted: Message[] = []
  const ledger = memoryLedger({ clock })
  return {
    scenario,
    story,
    stage,
    chance,
    clock,
    admitted,
    world: scenario.world?.(stage),
    worldTime,
    fates: fatesOf(strikes),
    witness: newWitness(),
    ledger,
    admit: async (message) => void admitted.push(message),
    flood: (key) => startFlood(ledger, systemEntropy, key),
  }
}

function fatesOf(strikes: readonly Strike[]): Fates {
  const visits = new Map<SiteKey, number>()
  const struck: Strike[] = []
  const bitten = new Set<Strike>()
  return {
    at: (site, may) => {
      const nth = (visits.get(siteKey(site)) ?? 0) + 1
      visits.set(siteKey(site), nth)
      const place: Place = placeOf(site, nth)
      const strike = strikes.find((one) => one.place === place && may.includes(one.fault))
      if (strike) struck.push(strike)
      return strike ?? null
    },
    bit: (strike) => void bitten.add(strike),
    cease: () => undefined,
    struck,
    bitten,
    visits,
  }
}

/** One attempt at a tool, as the orchestrator makes it. */
export function callFor(
  spec: ToolSpec,
  s: HandMade,
  more: Partial<Call> = {},
): Call & { readonly stop: AbortController } {
  const stop = new AbortController()
  return {
    key: spec.effect === 'read' ? '' : 'k1',
    fence: 1n,
    attempt: 1,
    signal: stop.signal,
    deadline: new Date(s.clock.now() + spec.timeoutMs),
    runId: 'run-1',
    tenant: 'default',
    secret: async () => '',
    stop,
    ...more,
  }
}
