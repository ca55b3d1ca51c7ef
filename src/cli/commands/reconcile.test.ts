import { expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'
import type { BeginOp } from '../../core/ops.js'

const op: BeginOp = {
  ...{
    kind: 'begin',
    runId: 'run-of-the-lost-part',
    fence: 1,
    seq: 3,
    salt: 's',
    step: 'refund',
    attempt: 1,
    tool: 'issue_refund',
  },
  ...{ timeoutMs: 1, settlesMs: 0, charges: [], body: '{"input":{"amount":12},"name":"issue_refund"}' },
}
const of = {
  ...{ tenant: 't', agent: 'desk', version: 1, fingerprint: 'f', session: null, principal: null },
  ...{ origin: 'r', messageKey: 'k' },
}

it('says that nothing is to be done where claims are given', async () => {
  const { exit, out } = await terminal().say('reconcile')
  expect([exit, out]).toEqual([0, 'Incarnation 1; claims are given, and nothing is known to be lost.\n'])
})

it('says why claims are stopped, and what was lost; exit code 4', async () => {
  const { say, ledger } = terminal()
  await ledger.lives.stop({ why: 'it went back.', by: 'w1', since: 5 })
  await ledger.lives.tell({ by: 'w1', writes: [{ of, op, at: 7, did: 'performed' }] })
  const { exit, out } = await say('reconcile')
  expect(exit).toBe(4)
  expect(out).toContain(
    "Claims are stopped: it went back. Told by w1; look with 'midwatch reconcile', and go on with --apply.",
  )
  expect(out).toMatch(/issue_refund +\{"amount":12\} .*performed +w1/)
  const { data } = await say('reconcile', '--json')
  expect(data).toMatchObject({
    why: expect.stringContaining('it went back.'),
    lost: [{ tenant: 't', tool: 'issue_refund', input: { amount: 12 }, begunAt: 7, did: 'performed', by: 'w1' }],
    applied: null,
  })
})

it.each([
  [['--unsure', 'some'], 'all, told, none'],
  [['--apply', '--restored'], 'one life'],
])('%j is written wrongly here', async (args, said) => {
  const { exit, err } = await terminal().say('reconcile', ...args)
  expect([exit, err]).toEqual([2, expect.stringContaining(said)])
})
