import { expect, it } from 'vitest'
import { manualClock } from '../../testing/manual-clock.js'
import type { Message } from '../scenario.js'
import { NaiveQueue } from './naive-queue.js'

const message: Message = { input: 1, key: 'm1' }

function queue() {
  const clock = manualClock()
  const wakes: number[] = []
  return { clock, wakes, queue: new NaiveQueue(clock, 1_000, () => wakes.push(clock.now())) }
}

it('hands out again what is neither done nor kept alive', async () => {
  const { clock, queue: q, wakes } = queue()
  q.send(message)
  const first = q.take()
  expect(first).toMatchObject({ message, times: 1 })
  expect(q.take()).toBeNull()
  await clock.advance(600)
  if (first) q.touch(first)
  await clock.advance(600)
  expect(q.take()).toBeNull()
  await clock.advance(500)
  expect(q.take()).toMatchObject({ message, times: 2 })
  expect(wakes).toHaveLength(2)
})

it('forgets what is done, and knows no keys', async () => {
  const { clock, queue: q } = queue()
  q.send(message)
  q.send(message)
  const [one, other] = [q.take(), q.take()]
  expect(other).toMatchObject({ message })
  for (const delivery of [one, other]) if (delivery) q.done(delivery)
  await clock.advance(5_000)
  expect([q.take(), q.empty]).toEqual([null, true])
})

it('keeps its messages while it is held, and loses sight of them when it is closed', () => {
  const { queue: q } = queue()
  q.hold(true)
  q.send(message)
  expect([q.take(), q.empty]).toEqual([null, false])
  q.hold(false)
  expect(q.take()).not.toBeNull()
  q.send(message)
  q.close()
  expect(q.take()).toBeNull()
})
