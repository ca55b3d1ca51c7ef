import { expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../../orchestrator/agent.js'
import { outside } from '../../orchestrator/engine.js'
import { scriptedModel } from '../../testing/scripted-model.js'
import { fault } from '../../tools/fault.js'
import { type Call, tool } from '../../tools/tool.js'
import type { Sending } from '../judge/witness-rules.js'
import { FarOutside } from './far-outside.js'
import { NearOutside } from './near-outside.js'

const input = z.object({ id: z.string() })
const told: string[] = []
const mine = tool({
  ...{ name: 'mine', description: '', input, effect: 'checked', timeout: '1s' },
  check: async () => ({ did: 'happen', result: null }),
  execute: async ({ id }, call): Promise<unknown> => {
    told.push(`${id} ${call.key} ${call.fence} ${await call.secret('TOKEN')}`)
    if (id === 'busy') throw fault.notPerformed('busy')
    if (id === 'slow') {
      await new Promise((_, reject) => {
        const stop = () => reject(call.signal.reason)
        if (call.signal.aborted) stop()
        call.signal.addEventListener('abort', stop)
      })
    }
    return { at: new Date(0), n: Number.NaN, f: () => 1 }
  },
})
const other = tool({
  ...{ name: 'other', description: '', input, effect: 'read', timeout: '1s' },
  execute: async ({ id }) => `own code ${id}`,
})
const named = scriptedModel({ name: 'named', replies: ['from the parent'] })
const desk = agent({
  ...{ name: 'desk', version: 1, input, outcome: input, instructions: '', model: named, tools: [mine] },
})

/** Both ends on one desk, with the wire's copies between them. */
function line() {
  const sent: Sending[] = []
  const near: NearOutside = new NearOutside({
    ...{ outside, definitions: [desk.definition], secrets: { TOKEN: 't' }, sent },
    send: (message) => far.hear(structuredClone(message)),
  })
  const far: FarOutside = new FarOutside([desk.definition], (message) => {
    const copy = structuredClone(message)
    if (copy.kind === 'ask' && copy.request.kind !== 'pass') void near.hear(copy.id, copy.request)
    else if (copy.kind === 'abort') near.abort(copy)
    else if (copy.kind === 'back') near.back(copy)
  })
  return { near, far, sent }
}
const callOf = (signal = new AbortController().signal): Call => ({
  ...{
    key: 'k',
    fence: 3n,
    attempt: 1,
    signal,
    deadline: new Date(5),
    runId: 'r',
    tenant: 't',
    secret: async () => 'far',
  },
})

it('runs an agent’s tool in the parent, with all that its call holds', async () => {
  const { far, sent } = line()
  const spec = desk.definition.tools.get('mine')
  if (!spec) throw new Error('no spec')
  expect(await far.execute(spec, { id: 'a' }, callOf())).toEqual({ at: '1970-01-01T00:00:00.000Z', n: null })
  expect(told.at(-1)).toBe('a k 3 t')
  expect(await far.check(spec, { id: 'a' }, callOf())).toEqual({ did: 'happen', result: null })
  expect(sent).toMatchObject([{ tool: 'mine', key: 'k', fence: 3n, runId: 'r' }])
  await expect(far.execute(spec, { id: 'busy' }, callOf())).rejects.toMatchObject({
    kind: 'not_performed',
    code: 'busy',
  })
})

it('hands an abort on, and gives up all calls of a worker that is gone', async () => {
  const { near, far } = line()
  const spec = desk.definition.tools.get('mine')
  if (!spec) throw new Error('no spec')
  const stop = new AbortController()
  const slow = far.execute(spec, { id: 'slow' }, callOf(stop.signal))
  stop.abort(new DOMException('', 'TimeoutError'))
  await expect(slow).rejects.toMatchObject({ name: 'TimeoutError' })
  const lost = far.execute(spec, { id: 'slow' }, callOf())
  expect(near.busy).toBe(1)
  near.bury()
  await expect(lost).rejects.toMatchObject({ message: 'The process is gone.' })
  expect(near.busy).toBe(0)
})

it('calls a worker back for code that only it has', async () => {
  const { far } = line()
  expect(await far.execute(other.spec, { id: 'x' }, callOf())).toBe('own code x')
  const asked = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi.' }] }], maxOutputTokens: 9 } as never
  expect(
    (await far.model(scriptedModel({ name: 'far', replies: ['from afar'] }), 'r').doGenerate(asked)).content[0]?.text,
  ).toBe('from afar')
  expect(
    (await far.model(scriptedModel({ name: 'named', replies: ['unheard'] }), 'r').doGenerate(asked)).content[0]?.text,
  ).toBe('from the parent')
})
