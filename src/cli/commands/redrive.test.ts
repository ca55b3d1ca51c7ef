import { describe, expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'

describe('midwatch redrive', () => {
  it('does the work again without doing again what was done', async () => {
    const { say, desk, ledger } = terminal()
    const message = 'find W7; refund W7 12; over'
    const first = await desk(message, '--key', 'mail-7', '--session', 's1')
    const made = await say('redrive', first.id, '--json')
    expect(made.data).toMatchObject({ of: first.id, origin: first.id, agent: 'desk', version: 1 })
    // A later run of the session works it: the one before it goes first.
    await desk('find W8', '--session', 's1')
    const again = await ledger.run({ runId: made.data.runId })
    expect(again).toMatchObject({ outcome: 'handed_over', origin: first.id, key: `${first.id}:redrive:1` })
    expect(again?.meters.refund_usd).toEqual({ used: 0, reserved: 0 })
    expect((await say('why', made.data.runId)).out.replace(/\s+/g, ' ')).toContain('its first result stands')
    const third = await say('redrive', made.data.runId, '--json')
    await desk('find W9', '--session', 's1')
    const last = await ledger.run({ runId: third.data.runId })
    expect([last?.origin, last?.meters.refund_usd?.used]).toEqual([first.id, 0])
    expect((await say('verify')).exit).toBe(0)
  })

  it('is refused while the run, or its last redrive, goes on', async () => {
    const { say, desk } = terminal()
    const parked = await desk('find W9; refund W9 150')
    expect(await say('redrive', parked.id, '--json')).toMatchObject({ exit: 3, data: { error: { code: 'not_ended' } } })
    const ended = await desk('no')
    expect((await say('redrive', ended.id)).exit).toBe(0)
    const twice = await say('redrive', ended.id, '--json')
    expect([twice.exit, twice.data.error.code]).toEqual([3, 'not_ended'])
  })

  it('is refused when the input was erased', async () => {
    const { say, desk, ledger } = terminal()
    const ended = await desk('no')
    await ledger.erase({ runId: ended.id })
    expect((await say('redrive', ended.id, '--json')).data.error.code).toBe('invalid_input')
  })
})
