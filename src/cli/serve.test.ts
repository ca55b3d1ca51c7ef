import { expect, it } from 'vitest'
import { desk } from '../../test/cli/desk.js'
import { terminal } from '../../test/cli/terminal.js'
import type { MidwatchOptions } from '../runtime.js'

/** Starts, lets the caller ask, and stops as Ctrl-C does; gives what was said. */
async function started(argv: string[], http: object, ask: (url: string) => Promise<void>) {
  const stop = new AbortController()
  const told: string[] = []
  const out = (text: string) => {
    told.push(text)
    const { url } = JSON.parse(text) as { url: string }
    void ask(url).finally(() => stop.abort())
  }
  const options = { run: [desk], alarm: () => undefined, http } as MidwatchOptions
  const said = await terminal({ options, over: { out, stopped: () => stop.signal } }).say(...argv, '--json')
  return { exit: said.exit, data: JSON.parse(told.join('')) as { url: string; ready: boolean } }
}

it.each([['start'], ['worker']])('%s answers HTTP on a port, on loopback, and stops with the worker', async (verb) => {
  const seen: unknown[] = []
  const { exit, data } = await started([verb, '--port', '0'], {}, async (url) => {
    seen.push(await (await fetch(`${url}/readyz`)).json(), (await fetch(`${url}/v1/runs`)).status)
  })
  expect([exit, data.ready, seen]).toEqual([0, true, [{ ok: true, worker: true }, 401]])
  expect(data.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  await expect(fetch(data.url)).rejects.toThrow()
})

it('whoever answers HTTP answers what Prometheus asks, though the config says nothing of it', async () => {
  let text = ''
  await started(['start', '--port', '0'], { access: 'open' }, async (url) => {
    text = await (await fetch(`${url}/metrics`)).text()
  })
  expect(text).toMatch(/^midwatch_runs_held 0$/m)
})

it('an API that is open to everybody is listened to on loopback alone', async () => {
  const open = { run: [desk], alarm: () => undefined, http: { access: 'open' } } as MidwatchOptions
  const said = await terminal({ options: open }).say('start', '--port', '0', '--host', '0.0.0.0')
  expect([said.exit, said.err]).toEqual([
    2,
    expect.stringMatching(/^midwatch: usage: --host 0\.0\.0\.0 lets others in/),
  ])
})

it.each([
  ['start', ['--host', '::1'], '--host goes with --port'],
  ['start', ['--port', '70000'], '--port 70000'],
  ['start', ['--port', 'x'], "--port 'x'"],
  ['dev', ['--port', '70000'], '--port 70000'],
])('%s %j is written wrongly', async (verb, argv, why) => {
  const said = await terminal().say(verb, ...argv)
  expect([said.exit, said.err]).toEqual([2, expect.stringContaining(why)])
})
