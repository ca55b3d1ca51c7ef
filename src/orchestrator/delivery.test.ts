import { expect, it } from 'vitest'
import { Delivery } from './delivery.js'
import { completed } from './result.js'

const clock = { soon: setImmediate }
const turn = () => new Promise<void>((done) => setImmediate(done))

const final = (step: string, at = 1) => ({ step, result: completed(step), at })
const quietly = () => undefined

function hearing(delivery: Delivery, heard: string[]) {
  return (step: string) => void delivery.ask(step).then(() => heard.push(step))
}

async function turns(n: number): Promise<void> {
  for (let i = 0; i < n; i += 1) await turn()
}

it('hands over what the journal holds in its order, whatever order it is asked in', async () => {
  const heard: string[] = []
  const delivery = new Delivery([final('a'), final('b'), final('c')], 0, clock, quietly)
  for (const step of ['c', 'b', 'a']) hearing(delivery, heard)(step)
  await turns(4)
  expect(heard).toEqual(['a', 'b', 'c'])
  expect(delivery.replaying).toBe(false)
})

it('hands over one result a turn, so that what it sets going runs before the next', async () => {
  const heard: string[] = []
  const delivery = new Delivery([final('a'), final('b'), final('a2')], 0, clock, quietly)
  void delivery.ask('a').then(async () => {
    heard.push('a')
    await delivery.ask('a2')
    heard.push('a2')
  })
  void delivery.ask('b').then(() => heard.push(`b after ${heard.join()}`))
  await turns(5)
  expect(heard).toEqual(['a', 'b after a', 'a2'])
})

it('lets steps start that the journal does not hold only when all it holds is handed over', async () => {
  const delivery = new Delivery([final('a'), final('b')], 0, clock, quietly)
  let live = false
  void delivery.caughtUp().then(() => {
    live = true
  })
  await delivery.ask('a')
  await turns(2)
  expect([live, delivery.expected]).toEqual([false, 'b'])
  await delivery.ask('b')
  await turns(2)
  expect([live, delivery.expected]).toEqual([true, null])
})

it('starts at once where there is nothing to replay', async () => {
  const delivery = new Delivery([], 7, clock, quietly)
  await delivery.caughtUp()
  expect([delivery.replaying, delivery.lastAt]).toEqual([false, 7])
})

it('holds what is written later behind a place that was kept', async () => {
  const heard: string[] = []
  const delivery = new Delivery([], 0, clock, quietly)
  for (const step of ['slow', 'fast']) hearing(delivery, heard)(step)
  const fill = delivery.place('slow')
  delivery.offer('fast', completed(1), 5)
  await turns(3)
  expect(heard).toEqual([])
  fill(completed(2), 4)
  await turns(3)
  expect(heard).toEqual(['slow', 'fast'])
})

it('goes on past a place that came to nothing', async () => {
  const heard: string[] = []
  const delivery = new Delivery([], 0, clock, quietly)
  for (const step of ['slow', 'fast']) hearing(delivery, heard)(step)
  const fill = delivery.place('slow')
  delivery.offer('fast', completed(1), 5)
  fill(null, 0)
  await turns(3)
  expect(heard).toEqual(['fast'])
  delivery.offer('slow', completed(3), 6)
  await turns(3)
  expect(heard).toEqual(['fast', 'slow'])
})

it('tells time by the last result handed over, and never back', async () => {
  const delivery = new Delivery([final('a', 50), final('b', 40)], 10, clock, quietly)
  expect(delivery.lastAt).toBe(10)
  await delivery.ask('a')
  expect(delivery.lastAt).toBe(50)
  await delivery.ask('b')
  expect(delivery.lastAt).toBe(50)
})

it('says when it came to rest, each time', async () => {
  let rests = 0
  const delivery = new Delivery([final('a')], 0, clock, () => {
    rests += 1
  })
  void delivery.ask('other')
  expect(rests).toBe(1)
  await delivery.ask('a')
  expect(delivery.busy).toBe(true)
  await turns(2)
  expect([rests, delivery.busy]).toEqual([2, false])
})
