import { describe, expect, it, vi } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'

describe('midwatch run', () => {
  it.each([
    ['find W1; refund W1 12', 0, { status: 'completed', output: { resolution: 'done' } }],
    ['no', 3, { status: 'refused', reason: 'out_of_scope' }],
    ['over', 4, { status: 'handed_over', to: 'finance' }],
    ['refund W1 12; refund W1 13; refund W1 14', 5, { status: 'exhausted', meter: 'strikes' }],
  ])('works "%s" to its outcome, and the exit code says which', async (message, exit, outcome) => {
    const said = await terminal().desk(message)
    expect(said.data).toMatchObject({ run: { state: 'ended' }, outcome })
    expect(said.exit).toBe(exit)
  })

  it('tells what happens as it happens, on stderr', async () => {
    const { err, out } = await terminal().say(
      'run',
      'desk',
      '--input',
      '{"message":"refund W1 12; find lost; refund lost 5"}',
    )
    expect(err).toMatch(/proposes issue_refund .*W1.*“I will issue_refund now.”/)
    expect(err).toContain('refused issue_refund: Look the order up first.')
    expect(err).toContain('issue_refund: the answer was lost; it may have acted')
    expect(err).toContain('(known by check)')
    expect(out).toMatch(/^completed, output \{"resolution":"done"\}\nwhy: midwatch why \w+\n$/)
  })

  it('leaves a run that waits for a person, says what to do, and takes it up under the same key', async () => {
    const { say, desk } = terminal()
    const text = JSON.stringify({ message: 'find W9; refund W9 150' })
    const parked = await say('run', 'desk', '--input', text, '--key', 'k1')
    expect(parked.exit).toBe(4)
    const [, id] = /midwatch approve (\S+)/.exec(parked.out) ?? []
    expect(parked.out).toMatch(/waits for person:finance:\S+, due in 4h/)
    expect((await say('approve', id ?? '')).exit).toBe(0)
    const { exit, data } = await desk('find W9; refund W9 150', '--key', 'k1')
    expect([exit, data.outcome.status, data.run.meters.refund_usd.used]).toEqual([0, 'completed', 150_000_000])
  })

  it('works the runs before it in its session first', async () => {
    const { say, desk } = terminal()
    const first = await desk('find W9; refund W9 150', '--session', 's1')
    const second = await desk('find W1', '--session', 's1')
    expect(second.data).toMatchObject({ run: { state: 'queued' }, outcome: null })
    expect(second.exit).toBe(4)
    await say('deny', first.data.escalations[0].id)
    expect((await desk('find W2', '--session', 's1')).exit).toBe(0)
    const { data } = await say('ps', '--all', '--json')
    expect(data.runs.map((run: { state: string }) => run.state)).toEqual(['ended', 'ended', 'ended'])
  })

  it('leaves a run that sleeps where it is, when it is told to stop', async () => {
    const stop = new AbortController()
    const { say, ledger } = terminal({ over: { stopped: () => stop.signal } })
    const typed = say('run', 'nap', '--input', '{}')
    await vi.waitFor(async () => expect(await ledger.runs({ states: ['waiting'] })).toHaveLength(1))
    stop.abort()
    const said = await typed
    expect([said.exit, said.out]).toEqual([4, expect.stringMatching(/waits for timer, due in 1h\n/)])
    expect(await ledger.runs({ states: ['ended'] })).toEqual([])
  })

  it('works nothing but what it was asked for', async () => {
    const { say, desk } = terminal()
    const parked = await desk('find W9; refund W9 150')
    await say('approve', parked.data.escalations[0].id)
    await desk('find W1')
    expect((await say('show', parked.id, '--json')).data.run.state).toBe('waiting')
  })

  it('reads its input from stdin where that is asked for', async () => {
    const { say } = terminal({ over: { stdin: async () => '{"message":"find W1"}' } })
    expect((await say('run', 'desk', '--input', '-')).exit).toBe(0)
  })

  it.each([
    [['desk'], 'usage', 2],
    [['desk', '--input', '{'], 'usage', 2],
    [['desk', '--input', '{}'], 'invalid_input', 2],
    [['nobody', '--input', '{}'], 'unknown_agent', 2],
    [['desk@9', '--input', '{}'], 'unknown_agent', 2],
  ])('%j is %s', async (args, code, exit) => {
    const said = await terminal().say('run', ...args)
    expect(said.err).toMatch(new RegExp(`^midwatch: ${code}: [^\\n]+\\n$`))
    expect([said.exit, said.out]).toEqual([exit, ''])
  })

  it('refuses the same key with another input', async () => {
    const { desk, say } = terminal()
    await desk('find W1', '--key', 'k')
    const other = await say('run', 'desk', '--input', '{"message":"find W2"}', '--key', 'k', '--json')
    expect([other.exit, other.data.error.code]).toEqual([3, 'start_conflict'])
  })
})
