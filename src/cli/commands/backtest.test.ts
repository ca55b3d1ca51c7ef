import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { escalate, refuse } from 'midwatch'
import { afterAll, expect, it } from 'vitest'
import config, { desk } from '../../../test/cli/desk.js'
import { terminal } from '../../../test/cli/terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-backtest-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The desk with a policy of its own. */
function deskWith(over: object): typeof config {
  const { definition } = desk
  return { ...config, run: [{ name: 'desk', definition: { ...definition, ...over } }] }
}
const { policy } = desk.definition

it('says that nothing changes where nothing was changed, and exits with 0', async () => {
  const { say, desk } = terminal()
  await desk('find W1; refund W1 12; no')
  const { exit, out } = await say('backtest', 'desk')
  expect(out).toContain('desk@1 on 1 run: 5 verdicts judged again, none changes.')
  expect(exit).toBe(0)
})

it('shows each verdict that a changed rule would change, with run, step, arguments and rule', async () => {
  const { ledger, desk } = terminal()
  const run = await desk('find W1; refund W1 12; refund W2 5')
  const rules = { issue_refund: () => escalate({ to: 'finance', within: '1h', otherwise: 'refuse' }) }
  const { say } = terminal({ ledger, options: deskWith({ policy: { ...policy, rules } }) })
  const { exit, out } = await say('backtest', 'desk')
  expect(exit).toBe(1)
  expect(out).toContain(`run ${run.id.split('-').at(-1)}, issue_refund#1`)
  expect(out).toContain('issue_refund {"amount":12,"orderId":"W1"}')
  expect(out).toContain('now:  put before a person by rules.issue_refund: finance within 1h, else refuse')
  const { data } = await say('backtest', 'desk', '--json')
  expect(data.changed.map((c: { then: object; first?: boolean }) => [c.then, c.first])).toEqual([
    [{ verdict: 'allow', rule: null }, true],
    [{ verdict: 'refuse', rule: 'rules.issue_refund', say: 'Look the order up first.' }, undefined],
  ])
})

it('reads exports as it reads the ledger, and passes over those from before', async () => {
  const { ledger, say, desk } = terminal()
  const run = await desk('find W1; refund W1 12')
  const file = join(folder, 'run.json')
  writeFileSync(file, (await say('export', run.id, '--json')).out)
  const strict = terminal({
    ledger,
    options: deskWith({ policy: { ...policy, rules: { issue_refund: () => refuse('policy') } } }),
  })
  const [fromFile, fromLedger] = [
    await strict.say('backtest', 'desk', file, '--json'),
    await strict.say('backtest', 'desk', '--json'),
  ]
  expect(fromFile.data).toEqual(fromLedger.data)
  expect(fromFile.exit).toBe(1)
  expect((await strict.say('backtest', 'desk', '--since', '2100-01-01')).out).toContain('on 0 runs')
  expect((await strict.say('backtest', 'desk', file, '--since', 'soon')).err).toContain("usage: 'soon' is no time")
})

it('refuses a document that is no run', async () => {
  const file = join(folder, 'none.json')
  writeFileSync(file, '{"form":"other"}')
  const { exit, err } = await terminal().say('backtest', 'desk', file)
  expect(exit).toBe(2)
  expect(err).toContain('invalid_input')
})
