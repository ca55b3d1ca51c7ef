import { expect, it } from 'vitest'
import type { Definition } from '../../orchestrator/definition.js'
import { Abandoned } from './abandoned.js'
import { GOVERNED_QUEUE, type HostPorts } from './host-ports.js'
import type { Seat } from './seat.js'

const NOW = 100_000
const run = (runId: string, of: object) => ({
  runId,
  queue: GOVERNED_QUEUE,
  agent: 'desk',
  workerId: null,
  dueAt: null,
  ...of,
})

/** One look at these runs; which of them are taken. */
async function taken(runs: readonly object[], inDoubt: readonly { runId: string }[] = []): Promise<string[]> {
  const found: string[] = []
  let looks = 0
  let over: () => void = () => undefined
  const rest = new Promise<void>((resolve) => {
    over = resolve
  })
  const ledger = {
    now: async () => NOW,
    workers: { list: async () => [{ workerId: 1, leaseUntil: NOW + 1 }] },
    runs: async () => runs,
    effects: async () => inDoubt,
    run: async ({ runId }: { runId: string }) => inDoubt.find((one) => one.runId === runId) ?? null,
  }
  const sleep = () => {
    looks += 1
    if (looks === 1) return Promise.resolve()
    over()
    return rest.then(() => new Promise<void>(() => undefined))
  }
  const advance = async (runId: string) => void found.push(runId)
  const ports = { ledger, clock: { sleep }, advance, alarm: () => undefined } as unknown as HostPorts
  const seats = new Map([['driven', {} as Seat]])
  new Abandoned(ports, new Map([[{ name: 'desk' } as Definition, seats]])).start()
  await rest
  return found
}

it('takes what a dead worker held and what is long due, and leaves what is driven, alive, fresh or not governed', async () => {
  const found = await taken([
    run('dead', { workerId: 2 }),
    run('alive', { workerId: 1 }),
    run('late', { dueAt: NOW - 5_000 }),
    run('fresh', { dueAt: NOW - 4_000 }),
    run('driven', { workerId: 2 }),
    run('other', { workerId: 2, queue: 'default' }),
  ])
  expect(found).toEqual(['dead', 'late'])
})

it('takes one that ended with a doubt once it is due, to be reconciled', async () => {
  const ended = { state: 'ended', dueAt: NOW - 9_000 }
  const other = run('other', { ...ended, agent: 'refund-desk' })
  expect(await taken([], [run('doubtful', ended), other])).toEqual(['doubtful'])
})
