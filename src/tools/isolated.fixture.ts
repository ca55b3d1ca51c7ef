import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { z } from 'zod'
import type { Duration } from '../core/time.js'
import { fault } from './fault.js'
import { tool } from './tool.js'

const what = z.object({ what: z.string() })

/** Writes its steps into the file it is given, so that a test outside sees what the child did, and when. */
export const witnessWithin = (timeout: Duration) =>
  tool({
    name: 'witness',
    description: 'Does as it is told.',
    input: z.object({
      file: z.string(),
      act: z.enum(['once', 'every_10ms', 'busy', 'until_aborted', 'start_another']),
    }),
    effect: 'once',
    timeout,
    module: import.meta.url,
    execute: async ({ file, act }, { signal }) => {
      const write = (line: string, pid = process.pid) => appendFileSync(file, `${pid} ${line} ${Date.now()}\n`)
      write('began')
      if (act === 'busy') for (;;) write('busy')
      if (act === 'start_another') write('other', spawn('sleep', ['600'], { stdio: 'ignore' }).pid)
      if (act === 'every_10ms') setInterval(() => write('tick'), 10)
      if (act !== 'once') await new Promise((resolve) => signal.addEventListener('abort', resolve))
      write('ended')
      if (act === 'every_10ms') await new Promise(() => undefined)
      return { pid: process.pid }
    },
  })

export const witness = witnessWithin('30s')

const throwing = tool({
  name: 'throwing',
  description: 'Throws.',
  input: what,
  effect: 'once',
  execute: async ({ what: how }) => {
    if (how === 'permanent') throw fault.permanent('declined')
    if (how === 'busy') throw fault.notPerformed('busy', { retryAfter: '5s' })
    throw new TypeError('Something else.')
  },
})

const hoarding = tool({
  name: 'hoarding',
  description: 'Takes memory that is none of the heap.',
  input: what,
  effect: 'once',
  memoryMb: 64,
  execute: async () => {
    const hoard: Buffer[] = []
    for (;;) {
      hoard.push(Buffer.alloc(8_000_000, 1))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  },
})

/** The processors that were left to it as it loaded, as the kernel writes them. */
const LOADED_ON =
  process.platform === 'linux'
    ? (/^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '')
    : ''

const modest = tool({
  name: 'modest',
  description: 'Says what it was given.',
  input: what,
  effect: 'once',
  memoryMb: 48,
  execute: async () => ({
    priorities: priorities(),
    heapMb: getHeapStatistics().heap_size_limit / 1_048_576,
    processors: LOADED_ON,
  }),
})

/** Of every thread, and of the session where it has one. */
function priorities(): number[] {
  if (process.platform !== 'linux') return [getPriority()]
  const tasks = readdirSync('/proc/self/task').map((task) => getPriority(Number(task)))
  const session = existsSync('/proc/self/autogroup') ? readFileSync('/proc/self/autogroup', 'utf8') : ''
  const nice = / nice (-?\d+)/.exec(session)?.[1]
  return nice === undefined ? tasks : [...tasks, Number(nice)]
}

const dying = tool({
  name: 'dying',
  description: 'Takes its process with it.',
  input: what,
  effect: 'once',
  execute: async ({ what: how }) => {
    if (how === 'exit') process.exit(3)
    const hoard: string[][] = []
    for (;;) hoard.push(new Array<string>(4e6).fill(how))
  },
})

export const undoable = tool({
  name: 'undoable',
  description: 'Does something that can be taken back.',
  input: what,
  effect: 'once',
  execute: async ({ what: done }) => ({ done }),
  undo: {
    effect: 'once',
    module: import.meta.url,
    execute: async ({ what: done }, result, call) => ({ done, result, undoes: call.undoes, pid: process.pid }),
  },
})

/** As a module may export them: several at once. */
export const several = [throwing, dying, hoarding, modest]

const tells = tool({
  name: 'tells',
  description: 'Tells what it was given.',
  input: what,
  effect: 'once',
  execute: async ({ what: name }, call) => {
    console.log(`a line with ${name}`)
    const secret = await call.secret(name)
    process.stderr.write(`half of ${secret}`)
    const { key, fence, attempt, runId, session, tenant, principal, deadline } = call
    const seen = JSON.stringify([process.argv, process.execArgv, process.env]).includes(secret)
    return {
      key,
      fence: Number(fence),
      attempt,
      runId,
      session,
      tenant,
      principal,
      deadline,
      secret: secret.length,
      seen,
    }
  },
})

const large = tool({
  name: 'large',
  description: 'Gives back a great deal, or what cannot be copied.',
  input: what,
  effect: 'once',
  execute: async ({ what: how }) => (how === 'large' ? 'x'.repeat(2e6) : { at: new Date(0), more: () => undefined }),
})

/** As a config exports its agents. */
export default { run: [{ definition: { tools: new Map([tells, large].map((t) => [t.name, t.spec])) } }] }
