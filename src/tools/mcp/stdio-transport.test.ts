import { describe, expect, it } from 'vitest'
import { lives } from '../../../test/mcp/lives.js'
import { after as later, now } from '../moment.js'
import { cleanEnvironment, NotSent, StdioTransport, TOO_LATE, UNTIL } from './stdio-transport.js'

type Heard = {
  id?: unknown
  result?: { pid: number; child?: number; env: Record<string, string> }
  error?: { code: number }
}

/** Answers each line with its pid and environment, except those whose method is `hang`; `stubborn` heeds nothing. */
const SERVER = `
const { spawn } = require('node:child_process')
const child = process.argv[1] === 'parent' ? spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']) : null
if (process.argv[1] === 'stubborn') { process.on('SIGTERM', () => 0); setInterval(() => 0, 1000) }
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (method === 'hang') return process.stderr.write('hangs ' + process.pid + ' ' + (child?.pid ?? 0) + '\\n')
  const result = { pid: process.pid, child: child?.pid, env: process.env, params }
  process.stdout.write('no message\\n' + JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
})`

function started(how: 'plain' | 'parent' | 'stubborn' = 'plain', env: Record<string, string> = {}) {
  const log: string[] = []
  const start = { command: process.execPath, args: ['-e', SERVER, how], env: cleanEnvironment(env), cwd: process.cwd() }
  const transport = new StdioTransport(start, { log: (line) => log.push(line) })
  const heard: Heard[] = []
  let closed = false
  transport.onmessage = (message) => heard.push(message as Heard)
  transport.onclose = () => {
    closed = true
  }
  return { transport, heard, log, isClosed: () => closed, begin: () => transport.start() }
}

const request = (id: number, method: string, until?: object) =>
  ({ jsonrpc: '2.0', id, method, params: { _meta: until ? { [UNTIL]: until, own: 1 } : {} } }) as never
const WITHIN = { timeout: 20_000 }

describe.concurrent('a server process behind its warden', () => {
  it('has an environment of what was listed, PATH and HOME', async ({ expect }) => {
    process.env.MIDWATCH_TEST_CANARY = 'must not be passed on'
    const { transport, heard, begin, isClosed } = started('plain', { LISTED: 'yes' })
    await begin()
    await transport.send(request(1, 'say'))
    await expect.poll(() => heard, WITHIN).toHaveLength(1)
    expect(Object.keys(heard[0]?.result?.env ?? {}).sort()).toEqual(['HOME', 'LISTED', 'PATH'])
    await transport.close()
    expect(isClosed()).toBe(true)
    await expect.poll(() => lives(heard[0]?.result?.pid), WITHIN).toBe(false)
    await expect(transport.send(request(2, 'say'))).rejects.toThrow(NotSent)
  })

  it('that has not answered at the bound is ended, with what it started, by nobody but the warden', async ({
    expect,
  }) => {
    const { transport, log, heard, begin, isClosed } = started('parent')
    await begin()
    await transport.send(request(1, 'say'))
    await expect.poll(() => heard, WITHIN).toHaveLength(1)
    await transport.send(request(2, 'hang', later(now(), 1_500)))
    await expect.poll(() => log, WITHIN).toHaveLength(1)
    const [, server, child] = (log[0] ?? '').split(' ').map(Number)
    await expect.poll(isClosed, WITHIN).toBe(true)
    await expect.poll(() => [server, child].map(lives), WITHIN).toEqual([false, false])
  })

  it('that has answered lives on past the bound', async ({ expect }) => {
    const { transport, heard, begin } = started()
    await begin()
    await transport.send(request(0, 'say'))
    await expect.poll(() => heard, WITHIN).toHaveLength(1)
    await transport.send(request(1, 'say', later(now(), 1_500)))
    await expect.poll(() => heard, WITHIN).toHaveLength(2)
    expect(heard[1]?.result).toMatchObject({ params: { _meta: { own: 1 } } })
    await new Promise((done) => setTimeout(done, 1_700))
    await transport.send(request(2, 'say'))
    await expect.poll(() => heard, WITHIN).toHaveLength(3)
    await transport.close()
  })

  it('does not hear of what comes after its bound', async ({ expect }) => {
    const { transport, heard, begin, log } = started()
    await begin()
    await transport.send(request(1, 'hang', later(now(), -1)))
    await transport.send(request(2, 'say'))
    await expect.poll(() => heard, WITHIN).toHaveLength(2)
    expect(heard).toContainEqual({ jsonrpc: '2.0', id: 1, error: { code: TOO_LATE, message: expect.any(String) } })
    expect(log).toEqual([])
    await transport.close()
  })

  it('that heeds neither its stdin nor a signal is ended all the same', async ({ expect }) => {
    const { transport, heard, begin } = started('stubborn')
    await begin()
    await transport.send(request(1, 'say'))
    await expect.poll(() => heard, WITHIN).toHaveLength(1)
    await transport.close()
    await expect.poll(() => lives(heard[0]?.result?.pid), WITHIN).toBe(false)
  })

  it('whose command is none says why it ended', async ({ expect }) => {
    const start = { command: '/nowhere/server', args: [], env: {}, cwd: process.cwd() }
    const transport = new StdioTransport(start, { log: () => undefined })
    const closed = new Promise<void>((done) => {
      transport.onclose = done
    })
    await transport.start()
    await closed
    expect(transport.why).toContain('ENOENT')
  })
})

it('a request that is not bound carries its meta as it is', () => {
  expect(request(1, 'say')).toMatchObject({ params: { _meta: {} } })
})
