import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { LIMITS } from '../src/core/limits.js'
import { agent } from '../src/orchestrator/agent.js'
import type { Startable } from '../src/orchestrator/definition.js'
import { flow } from '../src/orchestrator/flow.js'
import { scriptedModel } from '../src/testing/index.js'
import { tool } from '../src/tools/tool.js'
import { LEDGERS } from './runtime-on.js'
import { desk, done } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'
import { stalling } from './ways-out/stalling.js'

const input = z.object({})
type Bomb = Startable<Record<string, never>>
/** Crashes that make a dead letter: in company, then alone. */
const MOST = LIMITS.deaths_in_company + LIMITS.deaths_alone

describe.each(LEDGERS)('a run that crashes its workers on the %s ledger', (kind) => {
  const on = stage(kind)

  /** The worker in hand dies: nothing that it still asks of the ledger arrives. */
  let die: () => void = () => undefined
  const shared = { name: 'bomb', description: 'Crashes.', input, timeout: '1s' } as const
  const execute = async () => die()
  const bombs = {
    read: () => tool({ ...shared, effect: 'read', execute }),
    keyed: () => tool({ ...shared, effect: 'keyed', keyRemembered: '1h', attempts: 100, execute }),
    checked: () =>
      tool({ ...shared, effect: 'checked', attempts: 100, execute, check: async () => ({ did: 'not_happen' }) }),
  } as const
  const bombing = (what: keyof typeof bombs) => {
    const bomb = bombs[what]() as ReturnType<typeof bombs.read>
    return flow({ name: on.name('f'), version: 1, input, run: (ctx) => ctx.tool(bomb, {}) })
  }
  const thinking = () => {
    const replies = () => {
      die()
      return done
    }
    return agent({ ...desk(on.name('a'), scriptedModel({ replies })), input, tools: [] })
  }

  /** Lets one worker after the other take the run up and die over it; those who are dead stay so until `bury`. */
  async function crashes(startable: Bomb, times: number, beside: readonly Bomb[] = []) {
    const zombies: (() => void)[] = []
    let runId = ''
    const others: string[] = []
    for (let crash = 1; crash <= times; crash += 1) {
      const worker = stalling(on.ledger)
      const name = on.name('worker')
      let isDead = false
      const dead = new Promise<void>((resolve) => {
        die = () => {
          worker.stall()
          isDead = true
          resolve()
        }
      })
      const mw = await on.runtime({ run: [startable, ...beside], worker: { name } }, { ledger: worker.ledger })
      zombies.push(worker.resume)
      if (crash === 1) for (const one of beside) others.push((await mw.start(one, { input: {} })).id)
      if (crash === 1) runId = (await mw.start(startable, { input: {} })).id
      // A doubt is sent again only when the lost attempt can no longer be acting. Then at once, not at the next poll.
      if ((await on.until(runId, (run) => isDead || run.state === 'waiting')).state === 'waiting') {
        await on.jump(20_000)
        void mw.advance(runId)
      }
      await dead
      const gone = (await on.ledger.workers.list()).find((one) => one.name === name)
      await on.ledger.workers.retire({ workerId: gone?.workerId ?? -1 })
    }
    const bury = () => {
      for (const resume of zombies) resume()
    }
    return { runId, others, bury }
  }

  it.each(['read', 'keyed', 'checked', 'model'] as const)(
    'in a %s call is a dead letter after so many',
    async (what) => {
      const startable = what === 'model' ? thinking() : bombing(what)
      const { runId, bury } = await crashes(startable, MOST)
      die = () => expect.fail('it was called once more')
      const mw = await on.runtime({ run: [startable] })
      expect(await mw.run(runId).outcome()).toMatchObject({ status: 'failed', code: 'crash_loop' })
      const letters = await on.ledger.notices({ limit: 1_000, retryAfterMs: 0 })
      expect(letters.filter((notice) => notice.runId === runId).map((notice) => notice.kind)).toContain('dead_letter')
      bury()
    },
  )

  it('now and then, between steps that are done, goes on', async () => {
    const seen: number[] = []
    const step = tool({
      ...shared,
      input: z.object({ no: z.number() }),
      effect: 'read',
      execute: async ({ no }) => {
        seen.push(no)
        // Each second step crashes its worker, the first time.
        if (no % 2 === 0 && seen.filter((one) => one === no).length === 1) die()
      },
    })
    const f = flow({
      name: on.name('f'),
      version: 1,
      input,
      run: async (ctx) => {
        for (let no = 0; no < 2 * (MOST + 2); no += 1) await ctx.tool(step, { no })
        return 'done'
      },
    })
    const { runId, bury } = await crashes(f, MOST + 2)
    const mw = await on.runtime({ run: [f] })
    expect(await mw.run(runId).outcome()).toEqual({ status: 'completed', output: 'done' })
    bury()
  })

  it('is told from those that its workers held beside it', async () => {
    const slow = tool({ ...shared, name: 'slow', effect: 'read', execute: () => sleep(100) })
    // Slower than the crash: while all are worked at once none comes to the end of it.
    const beside = [1, 2, 3].map(() =>
      flow({ name: on.name('f'), version: 1, input, run: (ctx) => ctx.tool(slow, {}) }),
    )
    const bomb = bombing('read')
    const { runId, others, bury } = await crashes(bomb, MOST, beside)
    const mw = await on.runtime({ run: [bomb, ...beside] })
    const outcomes = await Promise.all([runId, ...others].map((id) => mw.run(id).outcome()))
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'completed', 'completed', 'completed'])
    bury()
  })

  it('is not one whose workers died before they began it', async () => {
    const calm = flow({ name: on.name('f'), version: 1, input, run: async () => 'done' })
    const sender = await on.runtime({ run: [calm], worker: false })
    const { id } = await sender.start(calm, { input: {} })
    const { version, fingerprint, name } = calm.definition
    for (let death = 0; death < 4 * MOST; death += 1) {
      const serves = [`${name}@${version}#${fingerprint}`]
      const worker = { name: on.name('worker'), leaseMs: 60_000, serves, queues: [] }
      const { workerId } = await on.ledger.workers.register(worker)
      expect(await on.ledger.claim({ workerId, limit: 1, runId: id })).toHaveLength(1)
      await on.ledger.workers.retire({ workerId })
    }
    const mw = await on.runtime({ run: [calm] })
    expect(await mw.run(id).outcome()).toEqual({ status: 'completed', output: 'done' })
    const notes = (await on.ledger.journal({ runId: id })).filter(({ kind }) => kind === 'note')
    expect(notes.map(({ body }) => body)).toEqual(['{"about":"alone"}'])
  })
})
