import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { birthOf } from '../ledger/embedded/processes.js'
import { ToolFault } from './fault.js'
import { closeIsolated, type IsolatedCall, isolatedCall, warmIsolated } from './isolate.js'
import config, { several, undoable, witness } from './isolated.fixture.js'
import { processorsIn } from './kept-apart.js'
import { Secrets } from './secrets.js'
import type { ToolSpec } from './tool.js'

const CANARY = 'canary-"5f1e7a90'
const MODULE = new URL('./isolated.fixture.ts', import.meta.url).href
const WORKER = `data:text/javascript,import { midwatch } from 'midwatch'; export const mw = await midwatch({ run: [], databaseUrl: 'postgres://127.0.0.1:1/none' })`
const folder = mkdtempSync(join(tmpdir(), 'midwatch-isolate-'))
const PATIENCE = { timeout: 20_000, interval: 20 }
/** How much later than its bound a process may be seen to end on a busy machine. */
const GRACE_MS = 250

function spec(name: string): ToolSpec {
  const all = [witness, ...several].map((t) => t.spec)
  const found = [...all, ...(config.run[0]?.definition.tools.values() ?? [])].find((s) => s.name === name)
  if (found === undefined) throw new Error(`The fixture has no tool '${name}'.`)
  return found
}

function call(of: Partial<IsolatedCall>): IsolatedCall {
  return {
    module: MODULE,
    wire: { what: '' },
    key: 'k-1',
    fence: 7,
    attempt: 2,
    runId: 'r-1',
    session: null,
    tenant: 'acme',
    principal: null,
    boundMs: 20_000,
    signal: new AbortController().signal,
    secrets: new Secrets((name) => (name === 'CANARY' ? CANARY : undefined)),
    ...of,
  }
}

const thrown = (of: Promise<unknown>) =>
  of.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  )
const gone = (pid: number) => vi.waitFor(() => expect(birthOf(pid)).toBeNull(), PATIENCE)

interface Line {
  readonly pid: number
  readonly what: string
  readonly at: number
}

/** What the witness wrote, oldest first. */
/** Whole lines: whoever is killed while he writes over the end of a page leaves half of one. */
function linesOf(file: string): Line[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [pid, what = '', at] = line.split(' ')
      return { pid: Number(pid), what, at: Number(at) }
    })
}

const began = (file: string) =>
  vi.waitFor(() => {
    const [first] = linesOf(file)
    if (first === undefined) throw new Error('The tool has not begun.')
    return first
  }, PATIENCE)

/** What children print goes to this process' stderr, which a test should not fill. */
let printed: () => string[] = () => []
beforeAll(() => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  printed = () => write.mock.calls.map(([text]) => String(text))
})

const hasTaskset = () => spawnSync('taskset', ['-V']).error === undefined

let files = 0
const newFile = () => join(folder, `witness-${++files}`)

afterAll(() => {
  vi.restoreAllMocks()
  closeIsolated()
  rmSync(folder, { recursive: true, force: true })
})

describe('a tool in a process of its own', () => {
  it('gets what an attempt is told, and its result comes back', async () => {
    const from = Date.now()
    const told = await isolatedCall(spec('tells'), call({ wire: { what: 'CANARY' }, session: 's-1', principal: 'ann' }))
    expect(told).toMatchObject({
      key: 'k-1',
      fence: 7,
      attempt: 2,
      runId: 'r-1',
      session: 's-1',
      tenant: 'acme',
      principal: 'ann',
    })
    const { deadline } = told as { deadline: Date }
    expect(deadline.getTime()).toBeGreaterThanOrEqual(from + 20_000)
    expect(deadline.getTime()).toBeLessThanOrEqual(Date.now() + 20_000)
  })

  it('takes back what a tool did, told of that as an undo in this process is', async () => {
    const { undo } = undoable.spec
    if (typeof undo !== 'object') throw new Error('It has none.')
    const wire = { input: { what: 'x' }, result: { done: 'x' }, of: { step: 's', key: 'k', attempt: 1 } }
    const told = await isolatedCall(undo, call({ wire, key: 'k|undo:1' }))
    expect(told).toMatchObject({ done: 'x', result: { done: 'x' }, undoes: 'k' })
    expect((told as { pid: number }).pid).not.toBe(process.pid)
  })

  it('asks for a secret when it uses it: neither its arguments nor its environment hold one', async () => {
    const told = await isolatedCall(spec('tells'), call({ wire: { what: 'CANARY' } }))
    expect(told).toMatchObject({ secret: CANARY.length, seen: false })
  })

  it('is told that a secret is missing', async () => {
    const error = await thrown(isolatedCall(spec('tells'), call({ wire: { what: 'NONE' } })))
    expect(error).toMatchObject({ name: 'MidwatchError', code: 'missing_secret' })
  })

  it('prints to stderr of its parent, marked by its name and without secrets', async () => {
    await isolatedCall(spec('tells'), call({ wire: { what: 'CANARY' } }))
    await vi.waitFor(() => expect(printed()).toContain('[tells] half of [secret CANARY]\n'), PATIENCE)
    expect(printed()).toContain('[tells] a line with CANARY\n')
  })

  it('sends what cannot be copied as the JSON that the ledger would keep', async () => {
    expect(await isolatedCall(spec('large'), call({ wire: { what: 'odd' } }))).toEqual({
      at: '1970-01-01T00:00:00.000Z',
    })
  })

  it('keeps a result that is too large to itself; what was done stays done', async () => {
    const result = await isolatedCall(spec('large'), call({ wire: { what: 'large' } }))
    expect(result).toMatchObject({ performed: true, code: 'result_too_large' })
  })

  it('makes one call, and the next one is made by a process that has loaded the module already', async () => {
    const file = newFile()
    const wire = { file, act: 'once' }
    expect(await warmIsolated(MODULE)).toBe(true)
    await isolatedCall(witness.spec, call({ wire }))
    expect(await warmIsolated(MODULE)).toBe(true)
    await Promise.all([isolatedCall(witness.spec, call({ wire })), isolatedCall(witness.spec, call({ wire }))])
    const pids = new Set(linesOf(file).map(({ pid }) => pid))
    expect(pids.size).toBe(3)
    for (const pid of pids) await gone(pid)
  })
})

describe('what a tool throws in its process', () => {
  const throwing = (what: string) => thrown(isolatedCall(spec('throwing'), call({ wire: { what } })))

  it('keeps what it knows: the kind of fault, its code and when to try again', async () => {
    expect(await throwing('permanent')).toEqual(new ToolFault('permanent', 'declined', null))
    const busy = await throwing('busy')
    expect(busy).toBeInstanceOf(ToolFault)
    expect(busy).toMatchObject({ kind: 'not_performed', code: 'busy', retryAfterMs: 5_000 })
  })

  it('stays an error that explains nothing where it is none of ours', async () => {
    const error = await throwing('other')
    expect(error).not.toBeInstanceOf(ToolFault)
    expect(error).toMatchObject({ name: 'TypeError', message: 'Something else.' })
  })
})

describe('a process that cannot make the call has not acted', () => {
  const cannot = (of: Partial<IsolatedCall>, tool = witness.spec) => thrown(isolatedCall(tool, call(of)))

  it.each([
    ['is not there', join(folder, 'none.ts')],
    ['throws', 'data:text/javascript,throw new Error("broken")'],
    ['holds no such tool', 'data:text/javascript,export const other = 1'],
  ])('because the module %s', async (_, module) => {
    const error = await cannot({ module })
    expect(error).toMatchObject({ name: 'ToolFault', kind: 'permanent', code: 'isolated_tool_not_found' })
  })

  it('because the module would become a worker itself', async () => {
    expect(await cannot({ module: WORKER })).toMatchObject({ kind: 'permanent', code: 'isolated_tool_not_found' })
    expect(printed().join('')).toContain('The module of an isolated tool starts the runtime when it is loaded')
  })

  it('because the module ends its process', async () => {
    const error = await cannot({ module: 'data:text/javascript,process.exit(1)' })
    expect(error).toMatchObject({ name: 'ToolFault', kind: 'not_performed', code: 'isolated_not_started' })
  })

  it('because the tool that it holds is another than its parent knows', async () => {
    const changed = { ...witness.spec, description: 'Does something else.' }
    expect(await cannot({ wire: { file: newFile(), act: 'once' } }, changed)).toMatchObject({
      kind: 'permanent',
      code: 'isolated_tool_not_found',
    })
  })

  it('because the arguments do not fit', async () => {
    const wire = { file: newFile(), act: 'something' }
    expect(await cannot({ wire })).toMatchObject({ kind: 'permanent', code: 'isolated_input_refused' })
  })

  it('because the call was called off while it loaded', async () => {
    closeIsolated()
    const file = newFile()
    const error = await cannot({ wire: { file, act: 'once' }, signal: AbortSignal.timeout(1) })
    expect(error).toMatchObject({ name: 'ToolFault', kind: 'not_performed', code: 'isolated_not_started' })
    // It serves the next call instead.
    await isolatedCall(witness.spec, call({ wire: { file, act: 'once' } }))
    expect(linesOf(file).map(({ what }) => what)).toEqual(['began', 'ended'])
  })

  it('because its bound was over before it had loaded', async () => {
    closeIsolated()
    const file = newFile()
    const error = await cannot({ wire: { file, act: 'once' }, boundMs: 1 })
    expect(error).toMatchObject({ name: 'ToolFault', kind: 'not_performed', code: 'isolated_not_started' })
    expect(linesOf(file)).toEqual([])
  })
})

describe('a process that ends before it answers leaves its call in doubt', () => {
  it.each(['exit', 'hoard'])('and does not take its parent with it (%s)', async (what) => {
    const error = await thrown(isolatedCall(spec('dying'), call({ wire: { what } })))
    expect(error).not.toBeInstanceOf(ToolFault)
    expect((error as Error).message).toMatch(/^The process of 'dying' ended before it answered/)
  })
})

describe('a call has so much memory as its tool says', () => {
  it('and is ended above that, heap or not; others go on', async () => {
    const [hoarding, other] = await Promise.all([
      thrown(isolatedCall(spec('hoarding'), call({ wire: { what: '' } }))),
      isolatedCall(spec('modest'), call({ wire: { what: '' } })),
    ])
    expect(hoarding).not.toBeInstanceOf(ToolFault)
    expect((hoarding as Error).message).toMatch(/^The process of 'hoarding' ended before it answered/)
    expect(printed().join('')).toContain('It took more memory than memoryMb allows')
    // The heap as it was asked for, and what V8 adds to it.
    const { heapMb, priorities } = other as { heapMb: number; priorities: number[] }
    expect(heapMb).toBeLessThan(48 + 64)
    // Every thread of it, those that collect garbage among them, and its session as a whole.
    expect(new Set(priorities)).toEqual(new Set([19]))
    if (process.platform === 'linux') expect(priorities.length).toBeGreaterThan(4)
  })
})

describe.runIf(process.platform === 'linux')('what forks for a worker', () => {
  const statusOf = (pid: number, field: string) =>
    new RegExp(`^${field}:\\s*(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''

  it('keeps a call off half of the processors, from its loading on', async () => {
    const told = await isolatedCall(spec('modest'), call({ wire: { what: '' } }))
    const mine = processorsIn(statusOf(process.pid, 'Cpus_allowed_list')).length
    const most = mine < 2 || !hasTaskset() ? mine : Math.floor(mine / 2)
    expect(processorsIn((told as { processors: string }).processors)).toHaveLength(most)
  })

  it('takes a call with it when it is killed; the next has another', async () => {
    const file = newFile()
    const ended = thrown(isolatedCall(witness.spec, call({ wire: { file, act: 'busy' } })))
    const { pid } = await began(file)
    const nursery = Number(statusOf(pid, 'PPid'))
    expect(nursery).not.toBe(process.pid)
    process.kill(nursery, 'SIGKILL')
    expect(await ended).toMatchObject({ message: expect.stringMatching(/ended before it answered/) })
    await gone(pid)
    const next = newFile()
    await isolatedCall(witness.spec, call({ wire: { file: next, act: 'once' } }))
    expect(linesOf(next).map(({ what }) => what)).toEqual(['began', 'ended'])
  })
})

describe('a call ends', () => {
  it('at once when it is called off, though the tool blocks its process', async () => {
    const file = newFile()
    const off = new AbortController()
    const ended = thrown(isolatedCall(witness.spec, call({ wire: { file, act: 'busy' }, signal: off.signal })))
    const { pid } = await began(file)
    off.abort(new Error('killed'))
    expect(await ended).toMatchObject({ message: 'killed' })
    await gone(pid)
  })

  it('with every process that the tool had started', async () => {
    const file = newFile()
    const off = new AbortController()
    const wire = { file, act: 'start_another' }
    const ended = thrown(isolatedCall(witness.spec, call({ wire, signal: off.signal })))
    const other = await vi.waitFor(() => {
      const found = linesOf(file).find(({ what }) => what === 'other')
      if (found === undefined) throw new Error('The other process has not been started.')
      return found
    }, PATIENCE)
    off.abort(new Error('killed'))
    await ended
    await gone(other.pid)
  })

  it('at its bound, by itself, though the tool blocks its process', async () => {
    await warmIsolated(MODULE)
    const file = newFile()
    const boundMs = 600
    const startedAt = Date.now()
    const ended = thrown(isolatedCall(witness.spec, call({ wire: { file, act: 'busy' }, boundMs })))
    expect(await ended).toMatchObject({ message: expect.stringMatching(/ended before it answered \(SIGKILL\)/) })
    expect(linesOf(file).at(-1)?.at).toBeLessThan(startedAt + boundMs + GRACE_MS)
  })

  it('with a signal shortly before the bound, for a tool that heeds it', async () => {
    await warmIsolated(MODULE)
    const file = newFile()
    const result = await isolatedCall(witness.spec, call({ wire: { file, act: 'until_aborted' }, boundMs: 1_000 }))
    expect(result).toMatchObject({ pid: linesOf(file)[0]?.pid })
  })
})

describe('a worker that cannot end its child', () => {
  const workers: ChildProcess[] = []
  afterEach(() => {
    for (const worker of workers.splice(0)) worker.kill('SIGKILL')
  })

  function startWorker(file: string, act: string, boundMs: number): ChildProcess {
    const program = fileURLToPath(new URL('./isolated-parent.fixture.ts', import.meta.url))
    const args = ['--import', 'tsx', program, file, act, String(boundMs)]
    const worker = spawn(process.execPath, args, { stdio: 'ignore' })
    workers.push(worker)
    return worker
  }

  it.each(['every_10ms', 'busy'])(
    'because it is stopped has none at the bound, and nothing is done after it (%s)',
    async (act) => {
      const file = newFile()
      const boundMs = 1_000
      const worker = startWorker(file, act, boundMs)
      const first = await began(file)
      worker.kill('SIGSTOP')
      expect(birthOf(first.pid)).not.toBeNull()
      await gone(first.pid)
      const last = linesOf(file).at(-1)
      expect(last?.at).toBeGreaterThan(first.at)
      // The bound counts from the call, which came before the first line.
      expect(last?.at).toBeLessThan(first.at + boundMs + GRACE_MS)
    },
  )

  it('because it was killed has none any more, long before the bound', async () => {
    const file = newFile()
    const worker = startWorker(file, 'every_10ms', 60_000)
    const { pid } = await began(file)
    worker.kill('SIGKILL')
    await gone(pid)
  })

  it('because it was killed has none at the bound, though the tool blocks its process', async () => {
    const file = newFile()
    const worker = startWorker(file, 'busy', 1_000)
    const first = await began(file)
    worker.kill('SIGKILL')
    await gone(first.pid)
    expect(linesOf(file).at(-1)?.at).toBeLessThan(first.at + 1_000 + GRACE_MS)
  })
})
