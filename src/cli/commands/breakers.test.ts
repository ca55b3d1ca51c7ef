import { describe, expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'

describe('midwatch breakers', () => {
  it('lists them, isolates one and releases it, each with who and why', async () => {
    const { say } = terminal()
    expect((await say('breakers')).out).toBe('Every breaker is closed; none was ever opened.\n')
    const isolated = await say('breakers', 'isolate', 'tool:issue_refund', '--reason', 'it pays twice')
    expect(isolated.out).toContain('Isolated tool:issue_refund: no call begins until it is released.')
    expect((await say('breakers')).out).toMatch(/tool:issue_refund +isolated .* ann +it pays twice/)
    expect((await say('breakers', 'isolate', 'tool:issue_refund')).out).toContain('was isolated before')
    expect((await say('breakers', 'release', 'tool:issue_refund')).out).toContain('Released tool:issue_refund')
    expect((await say('breakers')).out).toMatch(/tool:issue_refund +half_open .* 0 of 3 +0 +ann/)
    const { data } = await say('breakers', '--json')
    expect(data.breakers).toMatchObject([{ key: 'tool:issue_refund', state: 'half_open', probes: 3, by: 'ann' }])
    expect((await say('breakers', 'release', 'tool:find')).out).toContain('was not open; nothing was changed')
  })

  it.each([
    [['open', 'tool:x'], "'open' is nothing to do with breakers"],
    [['isolate'], "'' is no breaker"],
    [['isolate', 'x'], "'x' is no breaker"],
  ])('%j is no usage', async (args, say) => {
    expect(await terminal().say('breakers', ...args)).toMatchObject({ exit: 2, err: expect.stringContaining(say) })
  })
})
