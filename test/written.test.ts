import canonicalize from 'canonicalize'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Entropy } from '../src/core/ids.js'
import type { Ledger } from '../src/core/ledger.js'
import type { Op } from '../src/core/ops.js'
import { ByHand } from './by-hand.js'
import { shapes } from './written/shapes.js'

let hand: ByHand
/** Everything that a worker sends to `apply`, in order: one op a line, an empty line after each batch. */
let written: string[]
beforeEach(() => {
  written = []
  process.env.WRITTEN = 'open sesame'
  hand = new ByHand(kept)
})
afterEach(async () => {
  delete process.env.WRITTEN
  await hand.stop()
})

function kept(ledger: Ledger): Ledger {
  const apply = async (ops: readonly Op[]) => {
    written.push(...ops.map((op) => canonicalize(op) ?? ''), '')
    return ledger.apply(ops)
  }
  return { ...ledger, secret: async () => 'secret', apply }
}

/** Chance that has no chance in it. */
function counting(): Entropy {
  let drawn = 0
  const next = () => {
    drawn += 1
    return String(drawn).padStart(16, '0')
  }
  return { runId: () => `run-${next()}`, salt: next, random: () => 0.5 }
}

const STEP_MS = 500
/** Far more than the work of a step takes. */
const TURNS = 60

/** Time goes on only when nothing can be done without it: what is written does not depend on how many turns a step takes. */
async function quiet(): Promise<void> {
  for (let turns = 0; turns < TURNS; turns += 1) await new Promise((done) => setImmediate(done))
}

it.each(shapes().map((shape) => [shape.name, shape] as const))(
  'the same run writes the same ops, byte for byte and in the same batches: %s',
  async (name, shape) => {
    await hand.ledger.setCeiling({ scope: 'fleet', meter: 'tool_calls', per: 'day', limit: 1_000, by: 'ops' })
    const mw = await hand.runtime([shape], { entropy: counting() })
    const input = name === 'governed' ? { message: 'please' } : {}
    const { id } = await mw.start(shape, { input, tenant: name, key: `case-${name}` })
    await quiet()
    const ended = async () => (await hand.ledger.run({ runId: id }))?.state === 'ended'
    while (!(await ended())) {
      await hand.clock.advance(STEP_MS)
      await quiet()
    }
    const outcome = await hand.outcome(mw, id)
    await expect(`${written.join('\n')}\n${JSON.stringify(outcome)}\n`).toMatchFileSnapshot(`written/${name}.txt`)
  },
)
