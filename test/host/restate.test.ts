import { beforeAll, expect, it } from 'vitest'
import { CASES } from '../../examples/refund-desk/night/cases.js'
import { reportOf } from '../../examples/restate/report.js'
import { restateBinary } from '../../examples/restate/server/binary.js'
import { installRestate } from '../../scripts/setup/peers.js'
import { judgedNight } from './restate-night.js'

const TOLD = [
  ['plain refund', 'completed'],
  ['lost answer', 'completed'],
  ['delivered twice', 'completed'],
  ['delivered twice', 'completed'],
  ['worker killed', 'completed'],
  ['two sessions', 'completed'],
  ['two sessions', 'completed'],
  ['needs a person', 'completed'],
] as const

let binary: string | null = null
beforeAll(async () => {
  await installRestate()
  binary = restateBinary()
}, 120_000)

it('under Restate, whose server and service die in the middle of payments, nothing is done twice', async ({ skip }) => {
  if (binary === null) return skip('no Restate server for this platform, or none could be installed')
  const names = new Set<string>(TOLD.map(([name]) => name))
  const cases = CASES.filter(({ name }) => names.has(name))
  const record = await judgedNight({ binary, seed: 7, cases, serverDiesAt: [3] })
  expect(reportOf(record)).toEqual([
    ...TOLD.map((told) => told.join(': ')),
    'SIGKILL: the Restate server 1 ×, the service 1 ×',
    'refunds: 6, of 6 orders; a person approved 1',
    'done twice: 0',
  ])
  expect(record.violations).toEqual([])
}, 120_000)
