import { resolve } from 'node:path'
import { expect, it, vi } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'

it('rehearses over real processes from the command line', async () => {
  vi.stubEnv('DATABASE_URL', process.env.MIDWATCH_TEST_URL)
  const { say } = terminal({ over: { cwd: resolve('test/cli'), given: {} } })
  const said = await say('rehearse', '--mode', 'real', '--cases', '1', '--story', 'once', '--seed', '4', '--json')
  vi.unstubAllEnvs()
  expect(said.exit).toBe(0)
  expect(said.data).toMatchObject({ ok: true, mode: 'real', scenarios: [{ name: 'bell', breaks: [] }] })
}, 90_000)
