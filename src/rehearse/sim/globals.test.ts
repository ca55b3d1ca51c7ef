import { randomUUID } from 'node:crypto'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { inhabit } from './globals.js'
import { realTurn } from './real-time.js'

const real = { Date, random: Math.random, setTimeout, setInterval, setImmediate, now: performance.now }
let rings: { ms: number; ring: () => void; off: boolean }[]
let leave: () => void

beforeEach(() => {
  rings = []
  leave = inhabit({
    now: () => 86_400_000,
    elapsed: () => 12,
    random: () => 0.25,
    uuid: () => 'a-uuid' as const,
    timer: (ms, ring) => {
      const one = { ms, ring, off: false }
      rings.push(one)
      return () => {
        one.off = true
      }
    },
    soon: (ring) => void rings.push({ ms: 0, ring, off: false }),
  })
})
afterEach(() => leave())

it('gives code the time of the case, whichever way it asks', () => {
  expect([Date.now(), new Date().toISOString(), performance.now()]).toEqual([
    86_400_000,
    '1970-01-02T00:00:00.000Z',
    12,
  ])
  expect([new Date(5).getTime(), new Date('2020-01-01T00:00:00Z').getTime(), Date.UTC(1970, 0, 1)]).toEqual([
    5, 1_577_836_800_000, 0,
  ])
  expect([new Date() instanceof Date, new real.Date() instanceof Date, new Date() instanceof real.Date]).toEqual([
    true,
    true,
    true,
  ])
})

it('gives code the dice of the case', () => {
  expect([Math.random(), crypto.randomUUID(), randomUUID()]).toEqual([0.25, 'a-uuid', 'a-uuid'])
})

it('takes timers of every kind, and lets them be called off', async () => {
  const said: string[] = []
  const off = setTimeout(() => said.push('off'), 5)
  setTimeout((what: string) => said.push(what), 7, 'timeout')
  setImmediate(() => said.push('immediate'))
  const beat = setInterval(() => said.push('interval'), 9)
  clearTimeout(off)
  void delay(11, 'delayed').then((what) => said.push(what))
  void turn('turned').then((what) => said.push(what))
  for (const one of [...rings]) if (!one.off) one.ring()
  clearInterval(beat)
  await realTurn()
  expect(said).toEqual(['timeout', 'immediate', 'interval', 'delayed', 'turned'])
  expect(rings.map(({ ms, off: isOff }) => (isOff ? `${ms} off` : ms))).toEqual(['5 off', 7, 0, 9, 11, 0, '9 off'])
})

it('refuses a delay whose signal aborts', async () => {
  const stop = new AbortController()
  const waits = delay(1_000, null, { signal: stop.signal })
  stop.abort()
  await expect(waits).rejects.toMatchObject({ name: 'AbortError' })
  await expect(delay(1, null, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
  expect(rings[0]?.off).toBe(true)
})

it('leaves everything as it was', async () => {
  leave()
  expect({ Date, random: Math.random, setTimeout, setInterval, setImmediate, now: performance.now }).toEqual(real)
  expect(Object.hasOwn(performance, 'now')).toBe(false)
  expect(randomUUID()).toMatch(/^[0-9a-f-]{36}$/)
  expect(await delay(1, 'really')).toBe('really')
})
