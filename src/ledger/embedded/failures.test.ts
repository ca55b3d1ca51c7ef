import { expect, it } from 'vitest'
import { MidwatchError } from '../../core/errors.js'
import { embeddedFault } from './failures.js'

const HOME = '/tmp'

it.each([
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'embedded_disk_full'],
  ['initdb: error: could not write file: Disk quota exceeded', 'embedded_disk_full'],
  ['FATAL:  database files are incompatible with server', 'embedded_newer_data'],
  ['DETAIL:  The data directory was initialized by PostgreSQL version 19', 'embedded_newer_data'],
  ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'embedded_socket_taken'],
  ['FATAL:  lock file "/tmp/run/.s.PGSQL.5432.lock" already exists', 'embedded_socket_taken'],
  ['FATAL:  data directory "/tmp/data" has invalid permissions', 'embedded_failed'],
  ['FATAL:  unrecognized configuration parameter "sapce"', 'embedded_failed'],
])('reads in %j that it is %s', (said, code) => {
  const fault = embeddedFault(said, HOME)
  expect(fault).toMatchObject({ code, message: expect.stringContaining(HOME) })
  expect(fault.message).toContain('DATABASE_URL')
})

it('shows the last lines of the log where nothing better is known', () => {
  const log = Array.from({ length: 40 }, (_, n) => `LOG: line ${n}`).join('\n')
  const { message } = embeddedFault(log, HOME)
  expect(message).toContain('LOG: line 39')
  expect(message).not.toContain('LOG: line 20')
})

it('keeps a fault that is one already, and the cause of any other', () => {
  const fault = new MidwatchError('embedded_no_binary', 'none')
  expect(embeddedFault('', HOME, fault)).toBe(fault)
  const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
  expect(embeddedFault('', HOME, full)).toMatchObject({ code: 'embedded_disk_full', cause: full })
  expect(embeddedFault('', HOME, new Error('odd'))).toMatchObject({
    code: 'embedded_failed',
    message: expect.stringContaining('odd'),
  })
})
