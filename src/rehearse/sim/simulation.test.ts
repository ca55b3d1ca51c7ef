import { getEventListeners, once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { beforeEach, expect, it } from 'vitest'
import { noteBaseline } from './real-time.js'
import { type Outlook, Simulation } from './simulation.js'

const QUIET: Outlook = {
  over: () => false,
  nextDue: () => Number.POSITIVE_INFINITY,
  oversleeps: () => false,
  abroad: () => null,
}

let sim: Simulation
let said: string[]
const say = (what: string) => said.push(`${sim.now - sim.startedAt} ${what}`)

beforeEach(() => {
  sim = new Simulation(1_000_000, 7)
  said = []
})

it('lets time go on only when nothing is ready', async () => {
  const { clock } = sim.world
  clock.timer(20, () => say('late'))
  clock.timer(5, () => {
    say('soon')
    clock.soon(() => say('turn'))
    void Promise.resolve().then(() => say('promise'))
    clock.timer(0, () => say('now'))
  })
  await sim.play(QUIET)
  expect(said.slice(0, 2)).toEqual(['5 soon', '5 promise'])
  expect(said.slice(2, 4).sort()).toEqual(['5 now', '5 turn'])
  expect(said[4]).toBe('20 late')
})

it('runs all promises to their end between two happenings', async () => {
  const { clock } = sim.world
  clock.timer(1, async () => {
    for (let n = 0; n < 1_000; n += 1) await undefined
    say('after a thousand')
  })
  clock.timer(1, () => say('second'))
  await sim.play(QUIET)
  expect(said).toEqual(['1 after a thousand', '1 second'])
})

/** Two processes that each ask for turns. */
async function interleaved(seed: number): Promise<string> {
  sim = new Simulation(0, seed)
  said = []
  for (const name of ['a', 'b']) {
    const { clock } = sim.process(name)
    for (let n = 1; n <= 6; n += 1) clock.soon(() => say(`${name}${n}`))
  }
  await sim.play(QUIET)
  return said.map((line) => line.slice(2)).join(' ')
}

it('interleaves the turns of processes by the seed, and keeps the order within each', async () => {
  const orders = new Set<string>()
  for (let seed = 1; seed <= 20; seed += 1) {
    const order = await interleaved(seed)
    expect(order.replace(/b\d ?/g, '').trim()).toBe('a1 a2 a3 a4 a5 a6')
    expect(await interleaved(seed)).toBe(order)
    orders.add(order)
  }
  expect(orders.size).toBeGreaterThan(10)
})

it('holds back what comes to a process that stands still, while its clocks go on', async () => {
  const one = sim.process('w')
  one.clock.timer(10, () => say(`first, by its clock ${one.clock.monotonic()}`))
  one.clock.timer(20, () => say('second'))
  sim.world.clock.timer(5, () => {
    one.stall(100)
    one.clock.soon(() => say('turn'))
    void one.deliver(Promise.resolve('answer')).then(say)
  })
  sim.world.clock.timer(50, () => say('world'))
  await sim.play(QUIET)
  expect(said[0]).toBe('50 world')
  expect(said.slice(1).every((line) => line.startsWith('105 '))).toBe(true)
  const order = said.slice(1).map((line) => line.slice(4))
  expect(order.filter((line) => line !== 'turn')).toEqual(['answer', 'first, by its clock 105', 'second'])
  expect(order).toContain('turn')
})

it('tells the dead nothing, and keeps no ear of theirs', async () => {
  const one = sim.process('w')
  const stop = new AbortController()
  one.clock.timer(10, () => say('timer'))
  void one.clock.sleep(10, stop.signal).then(() => say('sleep'))
  one.clock.soon(() => say('turn'))
  void one.deliver(Promise.resolve()).then(() => say('answer'))
  void one.deliver(Promise.reject(new Error('x'))).then(() => say('answer'))
  one.kill()
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0)
  void one.clock.sleep(1).then(() => say('sleep'))
  sim.world.clock.timer(30, () => say('world'))
  await sim.play(QUIET)
  expect(said).toEqual(['30 world'])
})

it('ends a sleep at once when its signal aborts', async () => {
  const { clock } = sim.world
  const stop = new AbortController()
  void clock.sleep(1_000, stop.signal).then(() => say('awake'))
  clock.timer(7, () => stop.abort())
  await sim.play(QUIET)
  expect(said).toEqual(['7 awake'])
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0)
})

it('shows a process its own wall clock, and true time to nobody else', async () => {
  const one = sim.process('w')
  one.skewMs = -5_000
  await sim.play(QUIET)
  expect([one.clock.now() - sim.world.clock.now(), one.clock.monotonic()]).toEqual([-5_000, 0])
})

it('passes by the naps that would find nothing, on their own beat', async () => {
  const one = sim.process('w', new Set([500]))
  const poll = async () => {
    for (;;) {
      await one.clock.sleep(500)
      say('poll')
    }
  }
  void poll()
  sim.world.clock.timer(10_200, () => say('news'))
  sim.stopAt(sim.startedAt + 11_200)
  await sim.play({ ...QUIET, oversleeps: () => sim.now - sim.startedAt < 10_000 })
  expect(said).toEqual(['10200 news', '10500 poll', '11000 poll'])
})

it('waits in real time for a tool that does real I/O, and virtual time stands still', async () => {
  let abroad: string | null = null
  sim.world.clock.timer(3, () => {
    abroad = 'tool t'
    void readFile(new URL(import.meta.url)).then(() => {
      abroad = null
      say('read')
    })
  })
  sim.world.clock.timer(4, () => say('next'))
  noteBaseline()
  await sim.play({ ...QUIET, abroad: () => abroad })
  expect(said).toEqual(['3 read', '4 next'])
})

it('says which tool does real I/O that does not come back', async () => {
  sim = new Simulation(0, 1, { happenings: 100, abroadMs: 30 })
  noteBaseline()
  // Of a kind that nothing else here has: a timer would be made up for by one of the test runner's that ends meanwhile.
  const alive = createServer().listen(0, '127.0.0.1')
  await once(alive, 'listening')
  sim.world.clock.timer(1, () => say('never'))
  const played = sim.play({ ...QUIET, abroad: () => 'tool t' })
  await expect(played).rejects.toThrow(
    'tool t does real I/O that does not come back within 0.03 s; give it a stand-in.',
  )
  alive.close()
  expect(said).toEqual([])
})

it('gives up a case that goes on for ever', async () => {
  sim = new Simulation(0, 1, { happenings: 1_000, abroadMs: 30 })
  const again = () => sim.world.clock.soon(again)
  again()
  await expect(sim.play(QUIET)).rejects.toThrow('goes on for ever')
})
