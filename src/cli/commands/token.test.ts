import { describe, expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'
import { tokenHash } from '../../core/token-text.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'

const START = Date.UTC(2026, 0, 31, 12)

function place() {
  const clock = { at: START, now: () => clock.at }
  return { clock, ...terminal({ ledger: memoryLedger({ clock }) }) }
}

describe('midwatch token', () => {
  it('create shows a token once, and nothing that is kept or listed holds it', async () => {
    const { say, ledger } = place()
    const made = await say('token', 'create', 'ci', '--role', 'operator', '--tenant', 'b', 'a', '--expires', '90d')
    expect([made.exit, made.err]).toEqual([0, ''])
    expect(made.out).toMatch(
      /^Token ci: operator of a, b, until 2026-05-01 12:00:00Z\.\nmw_[\w-]{43}\nIt is shown this once/,
    )
    const text = made.out.split('\n')[1] ?? ''
    const found = await ledger.tokens.find({ hash: String(tokenHash(text)) })
    expect(found?.token).toMatchObject({ name: 'ci', role: 'operator', tenants: ['a', 'b'], createdBy: 'ann' })
    const [rows, listed] = [await ledger.tokens.list(), await say('token', 'list', '--json')]
    expect(JSON.stringify([rows, listed.out])).not.toContain(text.slice(3))
  })

  it('create says in JSON what it made; without tenants and time it is for all of them and for good', async () => {
    const { say } = place()
    const { data } = await say('token', 'create', 'root', '--role', 'admin', '--by', 'fay', '--json')
    expect(data).toMatchObject({
      text: expect.stringMatching(/^mw_[\w-]{43}$/),
      token: { name: 'root', role: 'admin', tenants: null, expiresAt: null, createdBy: 'fay', createdAt: START },
    })
    expect((await say('token', 'create', 'other', '--role', 'admin')).out).toContain('admin of every tenant, for good.')
  })

  it('list has all of them: whose, until when, last used, revoked', async () => {
    const { say, ledger, clock } = place()
    expect((await say('token', 'list')).out).toContain('There is no token')
    const { data } = await say('token', 'create', 'ci', '--role', 'viewer', '--tenant', 'acme', '--json')
    await say('token', 'create', 'brief', '--role', 'operator', '--expires', '1h')
    await say('token', 'create', 'gone', '--role', 'admin')
    await ledger.tokens.used({ id: data.token.id })
    clock.at += 7_200_000
    await say('token', 'revoke', 'gone', '--by', 'ben')
    const { out } = await say('token', 'list')
    expect(out).toMatch(/^token +role +tenants +made +by +expires +last used +state\n/)
    expect(out).toMatch(/\nci +viewer +acme +2026-01-31 12:00:00Z +ann +never +2h ago +good\n/)
    expect(out).toMatch(/\nbrief +operator +every tenant +.* 1h ago +never +expired\n|^brief/m)
    expect(out).toMatch(/\ngone +admin .* revoked 0ms ago by ben\n/)
    const rows = (await say('token', 'list', '--json')).data.tokens
    expect(rows.map((row: { name: string; good: boolean }) => [row.name, row.good])).toEqual([
      ['brief', false],
      ['ci', true],
      ['gone', false],
    ])
  })

  it('revoke is for good, and a name is not given again', async () => {
    const { say } = place()
    await say('token', 'create', 'ci', '--role', 'viewer')
    expect((await say('token', 'revoke', 'ci')).out).toBe('Token ci is revoked: every server refuses it within 5s.\n')
    const again = await say('token', 'revoke', 'ci', '--json')
    expect([again.exit, again.data]).toEqual([0, { name: 'ci', changed: false }])
    const taken = await say('token', 'create', 'ci', '--role', 'admin', '--json')
    expect([taken.exit, taken.data.error.code]).toEqual([3, 'token_name_taken'])
    const none = await say('token', 'revoke', 'nobody', '--json')
    expect([none.exit, none.data.error.code]).toEqual([2, 'unknown_token'])
  })

  it.each([
    [['create', 'ci'], 'usage', 'needs --role: use viewer, operator, approver, admin'],
    [['create', 'ci', '--role', 'root'], 'usage', "'root' is no role"],
    [['create', '--role', 'admin'], 'usage', 'needs the name of a token'],
    [['create', 'a b', '--role', 'admin'], 'invalid_input', 'is no name of a token'],
    [['create', 'ci', '--role', 'admin', '--tenant', ''], 'invalid_input', 'A tenant has a name'],
    [['create', 'ci', '--role', 'admin', '--expires', 'soon'], 'invalid_duration', ''],
    [['create', 'ci', '--role', 'admin', '--expires', '0d'], 'invalid_input', 'at most ten years'],
    [['create', 'ci', '--role', 'admin', '--expires', '4000d'], 'invalid_input', 'at most ten years'],
    [['revoke'], 'usage', 'needs the name of a token'],
    [['rotate', 'ci'], 'usage', 'use create, list, revoke'],
  ])('token %j is miswritten: %s', async (words, code, says) => {
    const { say } = place()
    const said = await say('token', ...words, '--json')
    expect([said.exit, said.data.error.code]).toEqual([2, code])
    expect(said.err).toContain(says)
    expect((await say('token', 'list', '--json')).data.tokens).toEqual([])
  })
})
