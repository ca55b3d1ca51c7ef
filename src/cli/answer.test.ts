import { describe, expect, it } from 'vitest'
import { terminal } from '../../test/cli/terminal.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { question } from '../testing/conformance/hand.js'
import { Scene } from '../testing/conformance/scene.js'

async function asked(message: string) {
  const at = terminal()
  const run = await at.desk(message, '--key', 'k')
  return { ...at, run, id: String(run.data.escalations[0].id) }
}

describe('answering what waits for a person', () => {
  it('inbox lists it: what, for whom, until when, of which run', async () => {
    const { say, id, run } = await asked('find W9; refund W9 150')
    const list = await say('inbox')
    expect(list.out).toContain(id)
    expect(list.out).toMatch(/approval +issue_refund \{"amount":150,"orderId":"W9"\} +finance +in 4h/)
    const one = await say('inbox', id.slice(0, 12))
    expect(one.out).toContain('"amount": 150')
    expect(one.out).toContain(`of run ${run.id}`)
    expect(one.out).toMatch(/arguments [0-9a-f]{64}/)
    expect((await say('inbox', '--json')).data.escalations).toMatchObject([{ id, show: { input: { amount: 150 } } }])
  })

  it('deny: the model hears the note', async () => {
    const { say, desk, id } = await asked('find W9; refund W9 150; no')
    const denied = await say('deny', id.slice(4), '--note', 'too much', '--by', 'fay')
    expect(denied.out).toContain('fay: deny.')
    expect((await desk('find W9; refund W9 150; no', '--key', 'k')).exit).toBe(3)
    const { data } = await say('ps', '--all', '--json')
    expect((await say('why', data.runs[0].runId)).out).toContain('fay said no: “too much”')
  })

  it('a doubt is resolved, not approved; and nobody may say too early that it did not happen', async () => {
    const { say, desk, id } = await asked('letter ann')
    const approved = await say('approve', id, '--json')
    expect(approved.data.error).toMatchObject({ code: 'usage' })
    expect(approved.err).toContain(`midwatch resolve ${id} --happened`)
    expect(await say('resolve', id, '--not-happened', '--json')).toMatchObject({
      exit: 4,
      data: { error: { code: 'too_early_to_say' } },
    })
    expect((await say('resolve', id, '--happened', '--result', '{"posted":true}')).exit).toBe(0)
    const ended = await desk('letter ann', '--key', 'k')
    expect(ended.exit).toBe(0)
    expect((await say('why', ended.id)).out.replace(/\s+/g, ' ')).toContain(
      'By the word of ann it was settled as done.',
    )
  })

  it('a question takes an answer as JSON', async () => {
    const { say } = terminal()
    const run = await say('run', 'survey', '--input', '{}', '--key', 's', '--json')
    const { id } = run.data.escalations[0]
    expect((await say('resolve', id, '--answer', 'blue')).err).toContain('--answer is not JSON')
    expect((await say('resolve', id, '--answer', '"blue"')).exit).toBe(0)
    const done = await say('run', 'survey', '--input', '{}', '--key', 's', '--json')
    expect(done.data.outcome).toEqual({ status: 'completed', output: { colour: 'blue' } })
  })

  it('answer: in words or as JSON, one of them, and only what is a question', async () => {
    const { say, id } = await asked('letter ann')
    const wrong = await say('answer', id, '--text', 'yes', '--json')
    expect([wrong.exit, wrong.data.error.code]).toEqual([2, 'usage'])
    const run = await say('run', 'survey', '--input', '{}', '--key', 's', '--json')
    const question = run.data.escalations[0].id
    expect((await say('inbox', question)).out).toContain(`midwatch answer ${question} --text`)
    for (const args of [[], ['--text', 'a', '--value', '1']]) {
      expect((await say('answer', question, ...args, '--json')).data.error.code).toBe('usage')
    }
    expect((await say('answer', question, '--value', 'blue')).err).toContain('--value is not JSON')
    const given = await say('answer', question, '--text', 'blue', '--by', 'fay', '--json')
    expect(given.data).toMatchObject({ id: question, decision: 'answer', by: 'fay' })
    const done = await say('run', 'survey', '--input', '{}', '--key', 's', '--json')
    expect(done.data.outcome).toEqual({ status: 'completed', output: { colour: 'blue' } })
  })

  it.each([[[]], [['--happened', '--not-happened']], [['--not-happened', '--result', '1']]])(
    'resolve with %j is usage',
    async (args) => {
      const { say, id } = await asked('letter ann')
      expect(await say('resolve', id, ...args, '--json')).toMatchObject({ exit: 2, data: { error: { code: 'usage' } } })
    },
  )

  it('an answer is given once', async () => {
    const { say, id } = await asked('find W9; refund W9 150')
    await say('approve', id)
    const again = await say('deny', id, '--json')
    expect([again.exit, again.data.error.code]).toEqual([3, 'escalation_closed'])
  })

  it('approve --input proposes other arguments, and why tells it', async () => {
    const { say, desk, id } = await asked('find W9; refund W9 150')
    expect((await say('approve', id, '--input', 'x')).err).toContain('--input is not JSON')
    expect((await say('approve', id, '--input', '{"orderId":"W9","amount":20}', '--by', 'fay')).exit).toBe(0)
    const ended = await desk('find W9; refund W9 150', '--key', 'k')
    expect(ended.exit).toBe(0)
    const why = (await say('why', ended.id)).out.replace(/\s+/g, ' ')
    expect(why).toContain('fay wanted it with other arguments.')
    expect(why).toContain('fay changed the arguments to {"amount":20,"orderId":"W9"}')
  })

  it('who asked for a run does not approve it; of two people each is heard once', async () => {
    const ledger = memoryLedger()
    const { say } = terminal({ ledger })
    const scene = new Scene({ ledger, advance: async () => undefined, close: async () => undefined })
    const hand = await scene.held({ principal: 'cleo' })
    await hand.must(hand.park({ escalations: [question('esc_two', { people: 2, show: '{"input":1}' })] }))
    expect((await say('inbox')).out).toContain('desk (two people)')
    const codes = async (by: string) => (await say('approve', 'esc_two', '--by', by, '--json')).data
    expect(await codes('cleo')).toMatchObject({ error: { code: 'own_request' } })
    expect(await codes('ann')).toMatchObject({ by: 'ann', missing: 1 })
    expect((await say('inbox')).out).toContain('desk (ann said yes, one more)')
    expect((await say('inbox', 'esc_two')).out).toContain('ann said yes at ')
    expect(await codes('ann')).toMatchObject({ error: { code: 'same_person' } })
    expect(await codes('bob')).toMatchObject({ by: 'bob', missing: 0 })
  })

  it('an id that nobody is asked under is unknown_escalation', async () => {
    const said = await terminal().say('approve', 'esc_0123456789', '--json')
    expect([said.exit, said.data.error.code]).toEqual([2, 'unknown_escalation'])
  })
})
