import { describe, expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'

describe('midwatch meters', () => {
  it("shows what moved, and operators' ceilings with what they leave", async () => {
    const { say, desk } = terminal()
    expect((await say('meters')).out).toContain('No shared meter has moved yet')
    expect((await say('meters', 'set', 'fleet', 'usd', '$50', '--per', 'day')).out).toBe(
      'At most $50.00 of usd for fleet per day, from the next grant on.\n',
    )
    await desk('find W1; refund W1 12')
    const { out } = await say('meters')
    expect(out).toMatch(/fleet +usd +day +\$0\.\d+ +\$0\.00 +\$50\.00 +\$49\.\d+/)
    expect(out).toMatch(/tenant:default\/desk +refund_usd +day +\$12\.00 +\$0\.00 +- +-/)
    expect((await say('meters', '--scope', 'fleet', '--json')).data.meters).toHaveLength(1)
  })

  it('a ceiling that was set holds, and can be taken away', async () => {
    const { say, desk } = terminal()
    await say('meters', 'set', 'tool:issue_refund', 'refund_usd', '$10')
    const run = await desk('find W1; refund W1 12')
    expect((await say('why', run.id)).out.replace(/\s+/g, ' ')).toContain(
      'No room under the ceiling of $10.00 on refund_usd for tool:issue_refund: $0.00 used',
    )
    await say('meters', 'set', 'tool:issue_refund', 'refund_usd', 'none')
    const again = await desk('find W1; refund W1 13')
    expect(again.data.run.meters.refund_usd.used).toBe(13_000_000)
  })

  it('counts are whole numbers', async () => {
    const { say, ledger } = terminal()
    expect((await say('meters', 'set', 'tenant:acme', 'tool_calls', '500', '--per', 'hour')).exit).toBe(0)
    expect(await ledger.ceilings()).toMatchObject([
      { scope: 'tenant:acme', meter: 'tool_calls', per: 'hour', limit: 500, by: 'ann' },
    ])
  })

  it.each([
    [['set', 'fleet', 'usd', '50'], 'usage'],
    [['set', 'fleet', 'refund_usd', '50'], 'usage'],
    [['set', 'fleet', 'steps', '$50'], 'usage'],
    [['set', 'fleet', 'steps', '-1'], 'usage'],
    [['set', 'fleet', 'steps'], 'usage'],
    [['get'], 'usage'],
    [['set', 'fleet', 'usd', '$5.1234567'], 'invalid_money'],
    [['set', 'galaxy', 'usd', '$5'], 'invalid_scope'],
    [['set', 'run:abc', 'usd', '$5'], 'usage'],
    [['set', 'fleet', 'usd', '$5', '--per', 'fortnight'], 'usage'],
  ])('%j is %s, and sets nothing', async (args, code) => {
    const { say, ledger } = terminal()
    expect(await say('meters', ...args, '--json')).toMatchObject({ exit: 2, data: { error: { code } } })
    expect(await ledger.ceilings()).toEqual([])
  })
})
