import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { afterEach, describe, expect, it } from 'vitest'
import { agent } from '../src/orchestrator/agent.js'
import { type ModelServer, modelServer } from '../src/testing/index.js'
import { LEDGERS } from './runtime-on.js'
import { desk, done, find, message, says, spender } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const look = says('find_order', { id: 'W1' })
const pay = says('spend', { id: 'W1', amount: 2 })
const servers: ModelServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** A model behind a real provider package and a real server. */
async function served(name: string, replies: Parameters<typeof modelServer>[0]['replies']) {
  const server = await modelServer({ replies })
  servers.push(server)
  return { server, port: createOpenAICompatible({ name: 'loopback', baseURL: server.url, includeUsage: true })(name) }
}

const judge = (value: number) => says('assess', { value, why: 'By the order.' }, '')
const prices = {
  'loopback/large': { input: '$1', output: '$4' },
  'loopback/small': { input: '$1', output: '$4' },
} as const

describe.each(LEDGERS)('an agent that is asked how sure it is, over a real provider on the %s ledger', (kind) => {
  const on = stage(kind)

  it('samples the very same prompt, in silence, and acts on what they agree on', async () => {
    const { server, port } = await served('large', [look, pay, pay, pay, done])
    const { spend, acts } = spender()
    const confidence = { below: 0.7, by: { samples: 3 }, before: 'effects' } as const
    const a = agent({ ...desk(on.name('sampled'), port), tools: [find, spend], confidence })
    const mw = await on.runtime({ run: [a], prices, worker: { claims: false } })
    const run = await mw.start(a, { input: message })
    const heard = new Response(run.uiMessageStream()).text()
    await mw.advance(run.id)
    const stream = await heard
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(1)
    const [, second, third, fourth] = server.requests
    expect([third, fourth].map((one) => one?.messages)).toEqual([second?.messages, second?.messages])
    // What was asked beside the conversation is not streamed, and nobody hears it.
    expect(server.requests.map((one) => one.stream)).toEqual([true, true, false, false, true])
    const words = [...stream.matchAll(/"delta":"([^"]*)"/g)].map(([, word]) => word).join('')
    expect(words.split('I will spend.').length - 1).toBe(1)
  })

  it('is held back by a verifier, and scored by code, by a model and by a person', async () => {
    const { server: verifier, port: small } = await served('small', [judge(0.3), judge(0.9), judge(0.75)])
    const { port } = await served('large', [pay, look, pay, done])
    const { spend, acts } = spender()
    const a = agent({
      ...desk(on.name('scored'), port),
      tools: [find, spend],
      confidence: { below: 0.5, by: { verifier: small }, before: 'effects' },
      scores: [
        { name: 'found', by: 'code', of: (_, { did }) => (did(find) ? 1 : 0) },
        { name: 'helpful', by: { verifier: small }, ask: 'The order was paid for.' },
      ],
    })
    const mw = await on.runtime({ run: [a], prices })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(1)
    const [scoring] = await on.ledger.runs({ agent: `${a.name}.scores` })
    expect(await mw.run(scoring?.runId ?? '').outcome()).toMatchObject({
      status: 'completed',
      output: { run: run.id, scores: { helpful: 0.75 } },
    })
    const thumbed = await run.score({ up: true, by: 'ann', reason: 'Quick.' })
    expect(thumbed.map(({ name, value, by, who }) => [name, value, by, who])).toEqual([
      ['found', 1, 'code', null],
      ['helpful', 0.75, 'verifier', null],
      ['thumb', 1, 'person', 'ann'],
    ])
    expect(verifier.requests.map((one) => one.tools)).toEqual([['assess'], ['assess'], ['assess']])
    const week = await on.ledger.scores.weekly({ agent: a.name, since: (await on.ledger.now()) - 1 })
    expect(week.map(({ name, count, sum }) => [name, count, sum])).toEqual([
      ['found', 1, 1],
      ['helpful', 1, 0.75],
      ['thumb', 1, 1],
    ])
    const parked = on.runtime({ run: [a], prices, worker: false })
    const other = await (await parked).start(a, { input: message })
    await on.ledger.engage({ scope: `run:${other.id}`, mode: 'hold', by: 'ann' })
    await expect(other.score({ up: true, by: 'ann' })).rejects.toMatchObject({ code: 'not_ended' })
    await expect(mw.run('none').score({ up: true, by: 'ann' })).rejects.toMatchObject({ code: 'unknown_run' })
    await other.cancel({ by: 'ann', reason: 'Over.' })
    await other.outcome()
  })
})
