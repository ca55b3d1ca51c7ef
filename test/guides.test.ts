import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RehearseOptions, Scenario } from '../src/rehearse/index.js'
import { expectSurvival, rehearse } from '../src/rehearse/index.js'
import { boundedOf, boundOf } from '../src/runtime/bounded.js'
import { scriptedModel } from '../src/testing/index.js'
import type { Call, Tool } from '../src/tools/tool.js'

type AnyAgent = { readonly definition: Parameters<typeof boundedOf>[0] }

let folder: string
beforeAll(() => {
  mkdirSync('node_modules/.cache', { recursive: true })
  folder = mkdtempSync(join('node_modules/.cache', 'guides-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** All code of a guide, loaded as one module. */
async function load(name: string): Promise<Record<string, unknown>> {
  const page = readFileSync(`docs/guides/${name}.md`, 'utf8')
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block)
  const file = join(folder, `${name}.ts`)
  writeFileSync(file, blocks.join('\n'))
  return import(pathToFileURL(file).href)
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

  it('choosing ceilings: the agent that it shows has a ceiling on each effect and on its money', async () => {
    const { desk } = (await load('choosing-ceilings')) as { desk: (model: unknown) => AnyAgent }
    const bound = boundOf(boundedOf(desk(scriptedModel({ replies: [] })).definition))
    expect(bound.unlimited).toEqual([])
    expect(bound.effects.map(({ tool }) => tool)).toEqual(['issue_refund', 'send_mail'])
    expect(bound.meters.find(({ meter }) => meter === 'usd')?.run.amount).toBe(250_000)
  })
})
