import { expect, it } from 'vitest'
import { Stop } from './stop.js'

const never = new Promise<never>(() => undefined)

it('aborts the signal that was asked for before, and one that is asked for after', () => {
  const stop = new Stop()
  const heard: unknown[] = []
  stop.signal.addEventListener('abort', () => heard.push(stop.signal.reason))
  stop.abort('first')
  stop.abort('second')
  expect([heard, stop.aborted, stop.reason]).toEqual([['first'], true, 'first'])
  const late = new Stop()
  late.abort('early')
  expect([late.signal.aborted, late.signal.reason, late.signal]).toEqual([true, 'early', late.signal])
})

it('leaves work behind that does not heed it, and tells listeners of the signal first', async () => {
  const stop = new Stop()
  const order: string[] = []
  stop.signal.addEventListener('abort', () => order.push('signal'))
  const left = stop.orAborted(never).catch((reason) => order.push(`left: ${reason}`))
  stop.abort('slow')
  await left
  expect(order).toEqual(['signal', 'left: slow'])
})

it('gives what work gives that came to its end, whatever comes afterwards', async () => {
  const stop = new Stop()
  expect(await stop.orAborted(Promise.resolve(1))).toBe(1)
  await expect(stop.orAborted(Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  stop.abort('late')
  expect(await stop.orAborted(Promise.resolve(2))).toBe(2)
})
