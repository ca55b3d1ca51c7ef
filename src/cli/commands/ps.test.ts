import { describe, expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'

describe('midwatch ps', () => {
  it('lists what has not ended, and all of it on demand', async () => {
    const { say, desk } = terminal()
    expect((await say('ps')).out).toContain('No run is under way')
    const ended = await desk('find W1')
    const parked = await desk('find W9; refund W9 150', '--tenant', 'acme', '--session', 's1')
    const { out } = await say('ps')
    expect(out).toMatch(/^run +agent +tenant +session +state +waits for +due +age +spend +outcome\n/)
    expect(out).toContain(parked.id.slice(-12))
    expect(out).not.toContain(ended.id.slice(-12))
    expect(out).toMatch(/desk@1 +acme +s1 +waiting +person:finance:\S+ +in 4h .*\$0\.\d+ +-\n$/)
    expect((await say('ps', '--all')).out).toMatch(/ended .* completed/)
  })

  it('filters by tenant, agent, state and number', async () => {
    const { say, desk } = terminal()
    await desk('find W1')
    await desk('no', '--tenant', 'acme')
    const ids = async (...args: string[]) => (await say('ps', '--all', '--json', ...args)).data.runs.length
    expect(await ids()).toBe(2)
    expect(await ids('--tenant', 'acme')).toBe(1)
    expect(await ids('--agent', 'survey')).toBe(0)
    expect(await ids('--state', 'waiting')).toBe(0)
    expect(await ids('--limit', '1')).toBe(1)
  })

  it.each([[['--state', 'asleep']], [['--limit', 'many']], [['--limit', '0']], [['extra']]])(
    '%j is usage',
    async (args) => {
      expect(await terminal().say('ps', ...args, '--json')).toMatchObject({
        exit: 2,
        data: { error: { code: 'usage' } },
      })
    },
  )
})

describe('a part of an id', () => {
  it('stands for the run when it begins or ends no other', async () => {
    const { say, desk } = terminal()
    const [first, second] = [await desk('find W1'), await desk('find W2')]
    for (const part of [first.id, first.id.slice(0, -1), first.id.slice(-6)]) {
      expect((await say('show', part, '--json')).data.run.runId).toBe(first.id)
    }
    const both = first.id.slice(0, 6)
    expect(second.id.startsWith(both)).toBe(true)
    const said = await say('show', both, '--json')
    expect(said.data.error).toMatchObject({ code: 'usage', message: expect.stringContaining(first.id) })
  })

  it.each(['abc', 'abcdef-nothing'])('%s that fits nothing is unknown_run', async (part) => {
    const said = await terminal().say('why', part, '--json')
    expect([said.exit, said.data.error.code]).toEqual([2, 'unknown_run'])
  })
})
