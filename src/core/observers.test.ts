import { expect, it } from 'vitest'
import { Observers } from './observers.js'

const event = { kind: 'lease.lost' } as const

it('a listener hears until it is ended, and nobody is told of when nobody listens', () => {
  const observers = new Observers()
  const heard: string[] = []
  expect(observers.on).toBe(false)
  const end = observers.add(({ kind }) => heard.push(kind))
  expect(observers.on).toBe(true)
  observers.tell(event)
  end()
  observers.tell(event)
  expect(heard).toEqual(['lease.lost'])
  expect(observers.on).toBe(false)
})

it('the same function may listen twice, and each has its own end', () => {
  const observers = new Observers()
  const heard: string[] = []
  const listener = () => void heard.push('heard')
  const end = observers.add(listener)
  observers.add(listener)
  end()
  end()
  observers.tell(event)
  expect(heard).toEqual(['heard'])
})

it('one that throws harms neither the teller nor the others, and is alarmed once', () => {
  const alarms: string[] = []
  const observers = new Observers((what) => alarms.push(what))
  const heard: string[] = []
  observers.add(() => {
    throw new Error('deaf')
  })
  observers.add(({ kind }) => heard.push(kind))
  observers.tell(event)
  observers.tell(event)
  expect(heard).toEqual(['lease.lost', 'lease.lost'])
  expect(alarms).toEqual([expect.stringContaining("threw at 'lease.lost' (deaf)")])
})
