import { describe, expect, it } from 'vitest'
import { Counter } from './counter.js'
import {
  hasOutsideData,
  NO_OUTSIDE_DATA,
  type Recorded,
  readGoldCalls,
  readSingleCalls,
  readTables,
  readToolSpecs,
} from './outside-data.js'
import { Shop, ShopRefusal } from './shop.js'
import { withoutNulls } from './state-hash.js'

const INITIAL = 'dab08eed5ed6'
/** Errors of the original's own language: that it refused is all there is to compare. */
const NOT_COMPARED = /\(\) missing |Model\..*: .* not in /

describe.runIf(hasOutsideData)(`the retail tools answer as recorded (else ${NO_OUTSIDE_DATA})`, () => {
  const counter = hasOutsideData ? new Counter(readToolSpecs()) : new Counter([])

  function answer(shop: Shop, { tool, args }: Recorded): { ok: boolean; out: unknown } {
    try {
      return { ok: true, out: withoutNulls(counter.call(shop, tool, args)) }
    } catch (error) {
      if (!(error instanceof ShopRefusal)) throw error
      return { ok: false, out: `Error: ${error.message}` }
    }
  }

  function compare(shop: Shop, recorded: Recorded): void {
    const { ok, out } = answer(shop, recorded)
    const about = `${recorded.task ?? 'single'} ${recorded.tool} ${JSON.stringify(recorded.args)}`
    expect(ok, about).toBe(recorded.ok)
    if (!NOT_COMPARED.test(String(recorded.out))) expect(out, about).toEqual(withoutNulls(recorded.out))
    expect(shop.stateHash(), about).toBe(recorded.state_after)
  }

  it('the initial state has its hash', () => {
    expect(new Shop(readTables()).stateHash()).toMatch(new RegExp(`^${INITIAL}`))
  })

  it('every gold call, task by task', () => {
    const base = new Shop(readTables())
    const calls = readGoldCalls()
    let shop = base
    let task: string | undefined
    for (const call of calls) {
      if (call.task !== task) shop = base.fresh()
      task = call.task
      compare(shop, call)
    }
    expect(calls).toHaveLength(550)
  })

  it('every mutated single call, from the initial state', () => {
    const base = new Shop(readTables())
    const calls = readSingleCalls()
    for (const call of calls) compare(base.fresh(), call)
    expect(calls).toHaveLength(400)
  })
})
