import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { MidwatchError } from '../../core/errors.js'
import { faultOf, isCollision, isDataFault } from './faults.js'

const said = (code: string) => Object.assign(new pg.DatabaseError('said', 4, 'error'), { code })
const broke = (code: string) => Object.assign(new Error('broke'), { code })

describe('an error of driver or server', () => {
  it.each([
    ['a socket that broke', broke('EPIPE'), 'ledger_away', true],
    ['a refused connection', broke('ECONNREFUSED'), 'ledger_away', true],
    ['a connection that ended', new Error('Connection terminated unexpectedly'), 'ledger_away', true],
    ['a server that stops', said('57P01'), 'ledger_away', true],
    ['a server that starts', said('57P03'), 'ledger_away', true],
    ['too many connections', said('53300'), 'ledger_away', true],
    ['a standby', said('25006'), 'ledger_away', true],
    ['a full disk', said('53100'), 'ledger_away', true],
    ['a missing function', said('42883'), 'ledger_schema_older', false],
    ['another isolation', said('MW001'), 'ledger_isolation', false],
    ['a missing right', said('42501'), 'ledger_refused', false],
    ['a wrong password', said('28P01'), 'ledger_refused', false],
  ] as const)('%s', (_what, error, code, retryable) => {
    expect(faultOf(error)).toMatchObject({ code, retryable, cause: error })
  })

  it('that was told apart before stays what it is', () => {
    const known = new MidwatchError('ledger_isolation', 'known')
    expect(faultOf(known)).toBe(known)
  })

  it('is a collision, or of the data, only when the server says so', () => {
    expect([said('40001'), said('40P01'), said('57014'), broke('40001')].map(isCollision)).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect([said('22P05'), said('23514'), said('42501'), broke('22021')].map(isDataFault)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
