import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { systemEntropy } from '../src/core/ids.js'
import type { Ledger } from '../src/core/ledger.js'
import { LIMITS } from '../src/core/limits.js'
import type { Missed, Overlap } from '../src/core/schedule.js'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { postgresLedger } from '../src/ledger/postgres/ledger.js'
import { flow } from '../src/orchestrator/flow.js'
import { Gate } from '../src/orchestrator/gate.js'
import { LedgerTime } from '../src/orchestrator/ledger-time.js'
import { Scheduler } from '../src/services/scheduler.js'
import { type ManualClock, manualClock } from '../src/testing/manual-clock.js'
import { ByHand } from './by-hand.js'
import { freshDatabase } from './database.js'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 31, 12)

type Wish = { version?: number; cron?: string; missed?: Missed; overlap?: Overlap }
const every = ({ version = 1, cron = '* * * * *', missed = 'all', overlap = 'queue' }: Wish = {}) =>
  flow({
    name: 'nightly',
    version,
    input: z.object({ day: z.string(), at: z.string() }),
    every: { cron, tz: 'UTC', overlap, missed },
    run: async (_, { at }) => at,
  })

/** A worker's scheduler, with a clock of its own that may be wrong. */
class Watchman {
  readonly clock: ManualClock = manualClock(START)
  readonly #time = new LedgerTime(this.clock)
  readonly #scheduler: Scheduler
  readonly alarms: string[] = []

  constructor(
    private readonly ledger: Ledger,
    wish: Wish = {},
    private readonly wrongMs = 0,
  ) {
    const engine = { ledger, clock: this.clock, time: this.#time, entropy: systemEntropy, gate: new Gate() }
    const alarm = (what: string) => void this.alarms.push(what)
    this.#scheduler = new Scheduler({ engine, flows: [every(wish).definition], alarm })
  }

  async start(): Promise<void> {
    await this.#observe()
    await this.#scheduler.start()
    await this.#asleep()
  }

  async #observe(): Promise<void> {
    this.#time.observe((await this.ledger.now()) + this.wrongMs)
  }

  /** Its loop has done what there was to do. */
  async #asleep(): Promise<void> {
    while (this.clock.sleepers === 0) await new Promise((look) => setImmediate(look))
  }

  /** Hears what time it is, and wakes. */
  async look(): Promise<void> {
    await this.#observe()
    await this.clock.advance(LIMITS.schedule_look_ms)
    await this.#asleep()
  }

  async stop(): Promise<void> {
    await this.#scheduler.stop()
  }
}

const row = async (ledger: Ledger) => (await ledger.schedules.list())[0]
/** Times of the ticks that were run, in order. */
async function ticked(ledger: Ledger): Promise<number[]> {
  const runs = await ledger.runs({ agent: 'nightly', after: '', limit: 10_000 })
  return runs.map(({ key }) => Date.parse(key?.replace('tick:nightly:', '') ?? '')).sort((a, b) => a - b)
}
const minutes = (from: number, until: number) =>
  Array.from({ length: Math.floor((until - from) / MINUTE) }, (_, i) => from + (i + 1) * MINUTE)

it('four workers on PostgreSQL run each tick once, though the clock jumps and theirs are wrong', async () => {
  const database = await freshDatabase()
  let now = START
  await database.setClock(now)
  const ledgers = await Promise.all([1, 2, 3, 4].map(() => postgresLedger({ url: database.url, poolSize: 2 })))
  const crew = ledgers.map((ledger, i) => new Watchman(ledger, {}, [0, 900, -2_000, 3_000][i]))
  try {
    await Promise.all(crew.map((one) => one.start()))
    for (const jumpMs of [61_000, 5_000, 600_000, -300_000, 60_000, 301_000, 1, 59_999, 3_600_000, 60_000]) {
      now += jumpMs
      await database.setClock(now)
      for (let turn = 0; turn < 2; turn += 1) await Promise.all(crew.map((one) => one.look()))
    }
    const [ledger] = ledgers as [Ledger]
    const last = (await row(ledger))?.doneUntil ?? 0
    expect(await ticked(ledger)).toEqual(minutes(START, last))
    expect(now - last).toBeLessThan(MINUTE)
    expect(await row(ledger)).toMatchObject({ ran: (last - START) / MINUTE, skipped: 0, lastTick: last })
    expect(crew.flatMap((one) => one.alarms)).toEqual([])
  } finally {
    await Promise.all(crew.map((one) => one.stop()))
    await Promise.all(ledgers.map((ledger) => ledger.close()))
    await database.drop()
  }
}, 120_000)

describe('over any nights without workers', () => {
  const nights = fc.record({
    missed: fc.constantFrom<Missed>('last', 'all', 'skip'),
    /** Minutes without anybody, then how many workers look. */
    nights: fc.array(fc.tuple(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 1, max: 3 })), {
      minLength: 1,
      maxLength: 6,
    }),
    offMs: fc.integer({ min: 0, max: MINUTE - 1 }),
  })

  it('what is run and what is skipped is what the rule says, once each', async () => {
    await fc.assert(
      fc.asyncProperty(nights, async (night) => {
        const clock = manualClock(START + night.offMs)
        const ledger = memoryLedger({ clock })
        const from = START
        const expected: number[] = []
        let done = START + night.offMs
        await new Watchman(ledger, { missed: night.missed }).start()
        for (const [away, workers] of night.nights) {
          await clock.advance(away * MINUTE)
          const crew = Array.from({ length: workers }, () => new Watchman(ledger, { missed: night.missed }))
          await Promise.all(crew.map((one) => one.start()))
          const due = minutes(from, clock.now()).filter((at) => at > done)
          if (night.missed === 'all') expected.push(...due)
          else if (night.missed === 'last') expected.push(...due.slice(-1))
          else expected.push(...due.filter((at) => clock.now() - at <= LIMITS.tick_late_ms))
          done = due.at(-1) ?? done
        }
        expect(await ticked(ledger)).toEqual(expected)
        const all = minutes(from, clock.now()).filter((at) => at > START + night.offMs).length
        const kept = await row(ledger)
        expect([kept?.ran, kept?.skipped]).toEqual([expected.length, all - expected.length])
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})

describe('deploys', () => {
  it('the newer version’s times count as soon as it is there, and the older one’s once it is gone', async () => {
    const clock = manualClock(START)
    const ledger = memoryLedger({ clock })
    const one = new Watchman(ledger, { version: 1 })
    const two = new Watchman(ledger, { version: 2, cron: '*/10 * * * *' })
    await one.start()
    await two.start()
    for (let n = 0; n < 10; n += 1) {
      await clock.advance(MINUTE)
      await two.look()
      await one.look()
    }
    expect((await ledger.runs({})).map(({ version, key }) => [version, key])).toEqual([
      [2, 'tick:nightly:2026-01-31T12:10:00.000Z'],
    ])
    await two.stop()
    await clock.advance(LIMITS.schedule_look_ms * LIMITS.schedule_stale_looks)
    await one.look()
    expect(await row(ledger)).toMatchObject({ version: 1, cron: '* * * * *' })
    await clock.advance(MINUTE)
    await one.look()
    expect((await ledger.runs({})).map(({ version }) => version).sort()).toEqual([1, 2])
  })
})

describe('in a runtime', () => {
  let hand: ByHand
  afterEach(() => hand.stop())

  it('a flow runs by itself at each tick, with the tick as its input', async () => {
    hand = new ByHand()
    await hand.runtime([every({ overlap: 'skip', missed: 'last' })])
    await hand.until(
      async () => (await hand.ledger.runs({})).filter(({ outcome }) => outcome === 'completed').length === 3,
      1_000,
    )
    const [, , first] = await hand.ledger.runs({})
    expect(first).toMatchObject({ key: 'tick:nightly:2025-01-01T00:01:00.000Z', session: 'schedule:nightly' })
    const [admitted] = await hand.ledger.journal({ runId: first?.runId ?? '' })
    expect(JSON.parse(admitted?.body ?? '{}').input).toEqual({ at: '2025-01-01T00:01:00.000Z', day: '2025-01-01' })
    expect(hand.alarms).toEqual([])
  })

  it('a tick whose input cannot be made is skipped, told and counted', async () => {
    hand = new ByHand()
    let ticks = 0
    const odd = flow({
      name: 'odd',
      version: 1,
      input: z.object({ day: z.string() }),
      every: {
        cron: '* * * * *',
        tz: 'UTC',
        overlap: 'skip',
        input: ({ day }) => {
          ticks += 1
          if (ticks === 2) throw new Error('no day')
          return { day }
        },
      },
      run: async (_, { day }) => day,
    })
    await hand.runtime([odd])
    await hand.until(async () => (await row(hand.ledger))?.ran === 1, 1_000)
    expect(await row(hand.ledger)).toMatchObject({ ran: 1, skipped: 1 })
    expect(hand.alarms[0]).toContain("The tick of 'odd' at 2025-01-01T00:01:00.000Z is skipped: no day")
  })

  it('the ledger out of reach puts a tick off, and loses none', async () => {
    let left = 3
    hand = new ByHand((ledger) => ({
      ...ledger,
      schedules: {
        ...ledger.schedules,
        tick: (p) => {
          left -= 1
          return left >= 0 ? Promise.reject(new Error('away')) : ledger.schedules.tick(p)
        },
      },
    }))
    await hand.runtime([every()])
    await hand.until(async () => (await row(hand.ledger))?.ran === 2, 1_000)
    expect(await ticked(hand.ledger)).toHaveLength(2)
    expect(hand.alarms.filter((a) => a.includes("schedule of 'nightly' waits: away"))).toHaveLength(3)
  })
})
