import { expect, it } from 'vitest'
import { Attempts } from './attempts.js'
import { Gate } from './gate.js'
import { LiveText } from './live-text.js'

it('lets through while nothing closes it', async () => {
  await new Gate().opened()
})

it('holds back until every reason is gone, then lets all through', async () => {
  const gate = new Gate()
  const through: number[] = []
  gate.close('clock')
  gate.close('stopping')
  for (const n of [1, 2]) void gate.opened().then(() => through.push(n))
  gate.open('clock')
  await Promise.resolve()
  expect([through, gate.isOpen]).toEqual([[], false])
  gate.open('stopping')
  await Promise.resolve()
  expect([through, gate.isOpen]).toEqual([[1, 2], true])
})

it('a reason given twice is one reason', () => {
  const gate = new Gate()
  gate.close('clock')
  gate.close('clock')
  gate.open('clock')
  expect(gate.isOpen).toBe(true)
})

it('aborts attempts under way and those whose grant is on its way', () => {
  const attempts = new Attempts()
  const [open, asked, refused] = [attempts.ask('a#1'), attempts.ask('b#1'), attempts.ask('c#1')]
  attempts.granted(open, 3)
  attempts.refused(refused)
  expect([attempts.size, attempts.idle, attempts.has(3), attempts.has(4)]).toEqual([1, false, true, false])
  attempts.abortAll('a kill')
  expect([open, asked, refused].map((stop) => stop.signal.aborted)).toEqual([true, true, false])
  expect(open.signal.reason).toMatchObject({ name: 'AbortError', message: 'a kill' })
  attempts.close(3)
  attempts.refused(asked)
  expect(attempts.idle).toBe(true)
})

it('speaks to those who listen to a run, and streams for nobody else', () => {
  const live = new LiveText()
  const heard: string[] = []
  expect(live.voice('run')).toBeUndefined()
  const stops = ['a', 'b'].map((who) =>
    live.listen('run', (part) => heard.push(`${who}:${(part as { delta: string }).delta}`)),
  )
  const voice = live.voice('run')
  voice?.({ type: 'text', delta: 'hi' } as never)
  stops[0]?.()
  voice?.({ type: 'text', delta: 'ho' } as never)
  expect(heard).toEqual(['a:hi', 'b:hi', 'b:ho'])
  stops[1]?.()
  voice?.({ type: 'text', delta: 'late' } as never)
  expect([heard.length, live.voice('run'), live.voice('other')]).toEqual([3, undefined, undefined])
})
