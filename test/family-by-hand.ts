import { afterEach, beforeEach, expect } from 'vitest'
import { z } from 'zod'
import { verifyLedger } from '../src/core/invariants/verify.js'
import type { Ctx } from '../src/orchestrator/ctx-types.js'
import { flow } from '../src/orchestrator/flow.js'
import { tool } from '../src/tools/tool.js'
import { ByHand } from './by-hand.js'

const any = z.object({ id: z.string().optional() })

/** Flows that call each other, worked by hand on a ledger in memory, which is verified after each test. */
export class FamilyByHand {
  hand = new ByHand()
  /** What the tool was asked to do, in order. */
  acts: string[] = []

  constructor() {
    beforeEach(() => {
      this.hand = new ByHand()
      this.acts = []
    })
    afterEach(async () => {
      await this.hand.stop()
      expect((await verifyLedger(this.hand.ledger)).violations).toEqual([])
    })
  }

  readonly act = tool({
    ...{ name: 'act', description: 'Acts.', input: z.object({ id: z.string() }), effect: 'read', timeout: '30s' },
    execute: async ({ id }) => {
      this.acts.push(id)
      return `${id}!`
    },
  })

  named(name: string, run: (ctx: Ctx, input: { id?: string | undefined }) => Promise<unknown>, limits = {}) {
    return flow({ name, version: 1, input: any, ceilings: { run: { deadline: '10m', ...limits } }, run })
  }

  readonly reader = this.named('reader', async (ctx, { id }) => ctx.tool(this.act, { id: id ?? 'x' }))

  /** The first flow started, and worked to its end. */
  async played(...flows: ReturnType<FamilyByHand['named']>[]) {
    const mw = await this.hand.runtime(flows)
    const [root] = flows
    if (!root) throw new Error('no flow')
    const { id } = await mw.start(root, { input: {} })
    return { mw, id, outcome: await this.hand.outcome(mw, id, 200) }
  }
}
