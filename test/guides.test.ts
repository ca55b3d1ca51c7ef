import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sha256 } from '../src/core/digest.js'
import { agent, midwatch } from '../src/index.js'
import type { RehearseOptions, Scenario } from '../src/rehearse/index.js'
import { expectSurvival, rehearse, remembers, scenario } from '../src/rehearse/index.js'
import type { AnyStartable } from '../src/rehearse/scenario.js'
import { boundedOf, boundOf } from '../src/runtime/bounded.js'
import { memoryLedger, type ScriptedRequest, scriptedModel } from '../src/testing/index.js'
import type { AnyTool, Call, Tool } from '../src/tools/tool.js'

type AnyAgent = { readonly definition: Parameters<typeof boundedOf>[0] }

let folder: string
beforeAll(() => {
  mkdirSync('node_modules/.cache', { recursive: true })
  folder = mkdtempSync(join('node_modules/.cache', 'guides-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** All code of a guide, loaded as one module. */
async function load(name: string, changed = (code: string) => code): Promise<Record<string, unknown>> {
  const page = readFileSync(`docs/guides/${name}.md`, 'utf8')
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block)
  const code = changed(blocks.join('\n'))
  const file = join(folder, `${name}-${sha256(code).slice(0, 8)}.ts`)
  writeFileSync(file, code)
  return import(pathToFileURL(file).href)
}

interface Lending {
  readonly library: { readonly count: (loanId: string) => number }
  readonly findLoan: AnyTool
  readonly renewLoan: AnyTool
}

type Messages = ScriptedRequest['messages']
const heardIn = (messages: Messages) => messages.flatMap((one) => (one.role === 'tool' ? [one] : []))

/** What the nights of the agent of the ceilings' guide came to, with its code as it stands or changed. */
async function nightsOf(changed: (code: string) => string) {
  const { desk } = (await load('choosing-ceilings', changed)) as { desk: (model: unknown) => AnyStartable }
  const made = () => remembers(() => ({ id: 'made' }))
  const nights = scenario({
    name: 'ceilings',
    run: [desk(scriptedModel({ replies: [] }))],
    stories: [{ name: 'refund', messages: [{ key: 'mail-1', input: { message: 'Refund W1.' } }] }],
    model:
      () =>
      ({ messages }) => {
        const calls = ['issue_refund', 'send_mail', 'complete'] as const
        const name = calls[messages.filter(({ role }) => role === 'tool').length] ?? 'complete'
        const inputs = {
          issue_refund: { orderId: 'W1', amount: 20 },
          send_mail: { text: 'Done.' },
          complete: { resolution: 'Done.' },
        }
        return { toolCalls: [{ name, input: inputs[name] }] }
      },
    tools: () => ({ issue_refund: made(), send_mail: made() }),
  })
  const report = await rehearse(nights, { mode: 'explore', cases: 120, faults: ['process'] })
  expectSurvival(report)
  const [one] = report.scenarios
  if (!one) throw new Error('One scenario was rehearsed.')
  return one.tally
}

describe('the guides do as they say', () => {
  it('testing: the policy holds when nothing goes wrong', async () => {
    const { night } = (await load('testing')) as { night: Scenario }
    const calm: RehearseOptions = { mode: 'explore', cases: 4, faults: ['people'] }
    const report = await rehearse(night, calm)
    expectSurvival(report)
    expect(Object.keys(report.scenarios[0]?.tally.calmOutcomes ?? {}).sort()).toEqual(['completed', 'refused'])
  })

  it('testing: one run by hand ends as its model and its rule have it', async () => {
    const { oneRun } = (await load('testing')) as { oneRun: () => Promise<unknown> }
    expect(await oneRun()).toMatchObject({ status: 'refused', reason: 'policy', say: 'That is too much.' })
  })

  it('effects and keys: a check finds what was done under its key, and says so when nothing was', async () => {
    const { issueRefund } = (await load('effects-and-keys')) as { issueRefund: Tool<string, never, unknown, string> }
    const { execute, check, key } = issueRefund.spec
    const made = { orderId: 'W1', amount: 20 }
    const from = { origin: 'run-1', message: { key: 'mail-1' } }
    const call = { key: key?.(made, from) } as Call
    expect(call.key).toBe('W1:mail-1')
    expect(await check?.(made, call)).toEqual({ did: 'not_happen' })
    const result = await execute(made, call)
    expect(await check?.(made, call)).toEqual({ did: 'happen', result })
    await expect(execute({ ...made, amount: 2_000 }, call)).rejects.toMatchObject({ code: 'declined' })
  })

  it('effects and keys: a loan is renewed twice at most, whoever asks in however many runs', async () => {
    const page = (await load('effects-and-keys')) as unknown as Lending
    const renew = (nth: number) => ({ toolCalls: [{ name: 'renew_loan', input: { loanId: 'L1', nth } }] })
    const done = { toolCalls: [{ name: 'complete', input: { outcome: 'Done.' } }] }
    // Both runs try all there is, and a third one beyond it.
    const model = scriptedModel({ replies: ({ messages }) => [1, 2, 3].map(renew)[heardIn(messages).length] ?? done })
    const clerk = agent({
      ...{ name: 'clerk', version: 1, input: z.string(), outcome: z.string(), instructions: 'Renew.', model },
      tools: [page.findLoan, page.renewLoan],
    })
    const mw = await midwatch({ run: [clerk], ledger: memoryLedger() })
    try {
      for (const key of ['mail-1', 'mail-2']) {
        const run = await mw.start(clerk, { input: 'Renew L1.', key })
        expect(await run.outcome()).toMatchObject({ status: 'completed', output: 'Done.' })
        const heard = heardIn(model.requests.at(-1)?.messages ?? [])
        expect(heard.map(({ error = false }) => error)).toEqual([false, false, true])
        expect(heard.slice(0, 2).map(({ output }) => output)).toEqual([
          { loan: 'L1', nth: 1 },
          { loan: 'L1', nth: 2 },
        ])
        expect(page.library.count('L1')).toBe(2)
      }
    } finally {
      await mw.stop()
    }
  })

  it('choosing ceilings: the agent that it shows has a ceiling on each effect and on its money', async () => {
    const { desk } = (await load('choosing-ceilings')) as { desk: (model: unknown) => AnyAgent }
    const bound = boundOf(boundedOf(desk(scriptedModel({ replies: [] })).definition))
    expect(bound.unlimited).toEqual([])
    expect(bound.effects.map(({ tool }) => tool)).toEqual(['issue_refund', 'send_mail'])
    expect(bound.meters.find(({ meter }) => meter === 'usd')?.run.amount).toBe(250_000)
  })

  it('choosing ceilings: two minutes hold two lost calls of a model that has 30 s, and not of a bare one', async () => {
    const patient = await nightsOf((code) => code)
    const bare = await nightsOf((code) => code.replace(/model: \{ model, timeout: [^}]*\}/, 'model'))
    expect(bare.exhausted.active ?? 0).toBeGreaterThan(10)
    expect(patient.exhausted.active ?? 0).toBeLessThan((bare.exhausted.active ?? 0) / 5)
  })
})
