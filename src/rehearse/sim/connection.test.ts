import { beforeEach, expect, it } from 'vitest'
import type { Ledger } from '../../core/ledger.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'
import { chanceOf } from '../chance.js'
import { exactFates } from '../fates/exact.js'
import type { FaultName, Strike } from '../fault.js'
import type { Place } from '../site.js'
import { Connection, ledgerOver, Network } from './connection.js'
import { diceOf } from './dice.js'
import type { SimProcess } from './process.js'
import { Simulation } from './simulation.js'

let sim: Simulation
let worked: string[]
let said: string[]
let failures: number
let worker: SimProcess
let network: Network

beforeEach(() => {
  sim = new Simulation(1_000, 3)
  worked = []
  said = []
  failures = 0
  network = new Network()
})

const at = () => sim.now - sim.startedAt

/** A worker whose calls meet one fault; what fells it kills it. */
function connected(fault?: FaultName, place?: Place) {
  const fates = exactFates(fault && place ? [{ fault, place }] : [])
  worker = sim.process('w1')
  const fell = (strike: Strike) => {
    if (strike.fault === 'crash') worker.kill()
    else worker.stall(500)
  }
  const ledger: Ledger = memoryLedger({ clock: sim.world.clock })
  const noted: Ledger = {
    ...ledger,
    apply: async (ops) => {
      worked.push(`${at()}`)
      return ledger.apply(ops)
    },
  }
  const failed = () => {
    failures += 1
  }
  const dice = diceOf(chanceOf(1), 'w1')
  const connection = new Connection({ sim, process: worker, fates, network, dice, ledger: noted, fell, failed })
  return { ledger: ledgerOver(connection, noted), fates }
}

const note = { kind: 'note', runId: 'r', fence: 1, seq: 1, salt: '', body: '{}' } as const

async function called(ledger: Ledger): Promise<void> {
  void ledger.apply([note, { ...note, seq: 2 }]).then(
    (answers) => said.push(`${at()} ${answers.map(({ code }) => code).join()}`),
    (error) => said.push(`${at()} ${error.code}`),
  )
  await sim.play({
    over: () => false,
    nextDue: () => Number.POSITIVE_INFINITY,
    oversleeps: () => false,
    abroad: () => null,
  })
}

it('takes time there and back', async () => {
  const { ledger, fates } = connected()
  await called(ledger)
  expect(said).toEqual([expect.stringMatching(/^[0-4] no_run,no_run$/)])
  expect([...fates.visits]).toEqual([
    ['call:apply:note', 1],
    ['answer:apply:note', 1],
  ])
})

it('works a call whose answer is lost', async () => {
  const { ledger, fates } = connected('answer_lost', 'answer:apply:note#1')
  await called(ledger)
  expect([worked.length, said.length, failures, fates.bitten.size]).toEqual([1, 1, 1, 1])
  expect(said[0]).toContain('ledger_away')
})

it('fails a call first and works it later', async () => {
  const { ledger, fates } = connected('commit_delayed', 'call:apply:note#1')
  await called(ledger)
  expect(said).toEqual([expect.stringMatching(/^[0-4] ledger_away$/)])
  expect(Number(worked[0])).toBeGreaterThanOrEqual(40)
  expect(fates.bitten.size).toBe(1)
})

it('is out of reach for a while, for everybody', async () => {
  const { ledger, fates } = connected('ledger_away', 'call:apply:note#1')
  await called(ledger)
  expect([worked, fates.bitten.size]).toEqual([[], 1])
  expect(said).toEqual([expect.stringMatching(/^[0-4] ledger_away$/)])
  expect(network.awayUntil).toBeGreaterThan(sim.now)
})

it('answers late when it is slow', async () => {
  const { ledger } = connected('ledger_slow', 'call:apply:note#1')
  await called(ledger)
  expect(Number(worked[0])).toBeGreaterThanOrEqual(200)
  expect(said).toEqual([expect.stringContaining('no_run')])
})

it('works nothing of a process that died before its call, and tells nothing to one that died after', async () => {
  const before = connected('crash', 'call:apply:note#1')
  await called(before.ledger)
  expect([worked.length, said]).toEqual([0, []])
  const after = connected('crash', 'answer:apply:note#1')
  await called(after.ledger)
  expect([worked.length, said]).toEqual([1, []])
})

it('sends the call of a process that stands still when it moves again', async () => {
  const { ledger } = connected('stall', 'call:apply:note#1')
  await called(ledger)
  expect(Number(worked[0])).toBeGreaterThanOrEqual(500)
  expect(said).toEqual([expect.stringContaining('no_run')])
})

it('hands the answer to a process that stands still when it moves again', async () => {
  const { ledger } = connected('stall', 'answer:apply:note#1')
  await called(ledger)
  expect(Number(worked[0])).toBeLessThan(10)
  expect(Number(said[0]?.split(' ')[0])).toBeGreaterThanOrEqual(500)
})

it('loses some wakes, tells some twice, and each of them a little later', async () => {
  const { ledger } = connected()
  const heard: number[] = []
  const connection = new Connection({
    ...{ sim, process: worker, fates: exactFates([]), network, dice: diceOf(chanceOf(1), 'wakes'), ledger },
    ...{ fell: () => undefined, failed: () => undefined },
  })
  const tell = connection.wake(() => heard.push(at()))
  for (let n = 0; n < 400; n += 1) tell({ kind: 'due', name: 'default' })
  expect(heard).toEqual([])
  await called(ledger)
  expect(heard.length).toBeGreaterThan(360)
  expect(heard.length).toBeLessThan(440)
  expect(heard.length).not.toBe(400)
})
