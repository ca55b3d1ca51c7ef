import { describe, expect, it } from 'vitest'
import type { FeedEntry } from '../../core/feed.js'
import { LIMITS } from '../../core/limits.js'
import { systemClock } from '../../orchestrator/system-clock.js'
import { Inbox } from './inbox.js'

const entry = (seq: number, body = '{}') =>
  ({ position: `p${seq}`, tenant: 't', entry: { seq, body, factsText: '{}' } }) as unknown as FeedEntry

describe('an inbox', () => {
  it('gives out all that waits, in order, and what comes while somebody waits', async () => {
    const inbox = new Inbox(systemClock)
    inbox.hear(entry(1))
    inbox.hear(entry(2))
    expect(await inbox.take()).toEqual([entry(1), entry(2)])
    const next = inbox.take()
    inbox.hear(entry(3))
    expect(await next).toEqual([entry(3)])
  })

  it('says that nothing came, and how far everybody is', async () => {
    const inbox = new Inbox(systemClock, ({ entry: { seq } }) => seq > 1)
    inbox.hear(entry(1))
    inbox.at('p1')
    expect([await inbox.take(1), inbox.place]).toEqual([[], 'p1'])
  })

  it('lets go of who takes too slowly, by number and by length, and keeps nothing for him', async () => {
    const many = new Inbox(systemClock)
    for (let n = 0; n < LIMITS.feed_inbox; n += 1) many.hear(entry(n))
    expect(many.isOver).toBe(false)
    many.hear(entry(LIMITS.feed_inbox))
    expect([many.isOver, await many.take()]).toEqual([true, 'over'])
    const long = new Inbox(systemClock)
    long.hear(entry(1, 'x'.repeat(LIMITS.feed_inbox_chars)))
    expect(await long.take()).toBe('over')
  })

  it('that is ended rings for whoever waits', async () => {
    const inbox = new Inbox(systemClock)
    const next = inbox.take()
    inbox.end()
    expect(await next).toBe('over')
  })
})
