import { expect, it } from 'vitest'
import { MidwatchError } from '../core/errors.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { systemClock } from '../orchestrator/system-clock.js'
import { readinessOf } from './readiness.js'

const missingWhere = async (check: () => Promise<void>) =>
  (await readinessOf({ ...memoryLedger(), check }, systemClock, null)).missing

it('a process is ready though a newer one has migrated the schema: it works on until its turn to go', async () => {
  const newer = async () => {
    throw new MidwatchError('ledger_schema_newer', 'newer')
  }
  expect(await missingWhere(newer)).toEqual([])
})

it('a process is not ready where the schema lacks something, or nobody answers', async () => {
  const older = async () => {
    throw new MidwatchError('ledger_schema_older', 'older')
  }
  const away = async () => {
    throw new MidwatchError('ledger_away', 'away')
  }
  expect(await missingWhere(older)).toEqual(['the schema of the ledger is not the one of this version'])
  expect(await missingWhere(away)).toEqual(['the ledger does not answer'])
})
