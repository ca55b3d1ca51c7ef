import { describe, expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'

describe('midwatch since', () => {
  it('tells what a run did, in words and as data', async () => {
    const { say } = terminal()
    await say('run', 'desk', '--input', '{"message":"refund A-1"}')
    const { out, exit } = await say('since', '1h')
    expect(exit).toBe(0)
    expect(out).toMatch(/^Since 20\d\d-.+, fleet, as of .+: \d+ acts? known, 0 in doubt or under way\./)
    expect(out).toContain('1 run started, 0 not ended')
    const { data } = await say('since', '1h', '--scope', 'agent:desk', '--json')
    expect(data).toMatchObject({ scope: 'agent:desk', runs: { started: 1, live: 0 } })
    expect(data.acts.length).toBe(Number(/: (\d+) acts? known/.exec(out)?.[1]))
  })

  it('says so when nothing was done', async () => {
    const { say } = terminal()
    expect((await say('since', '2026-01-31T02:00Z')).out).toContain('No effect was begun.')
  })

  it('refuses what is no time and no scope', async () => {
    const { say } = terminal()
    expect(await say('since', 'lately')).toMatchObject({ exit: 2, err: expect.stringContaining("'lately' is no time") })
    expect(await say('since', '1h', '--scope', 'mars')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('invalid_scope'),
    })
  })
})
