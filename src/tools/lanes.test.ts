import { describe, expect, it } from 'vitest'
import { type LaneCaps, Lanes } from './lanes.js'

/** What is in the lane, in the order in which it came in. */
function entering(lanes: Lanes, lane: string) {
  const inside: string[] = []
  const leave = new Map<string, () => void>()
  const enter = async (who: string, signal?: AbortSignal) => {
    const out = await lanes.enter(lane, signal)
    if (!signal?.aborted) inside.push(who)
    leave.set(who, out)
  }
  return { inside, enter, leave: (who: string) => leave.get(who)?.() }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a lane', () => {
  it('lets in as many as its cap says; the others come in as places fall free, first come, first served', async () => {
    const { inside, enter, leave } = entering(new Lanes({ payments: { perWorker: 2 } }), 'payments')
    for (const who of ['a', 'b', 'c', 'd']) void enter(who)
    await turn()
    expect(inside).toEqual(['a', 'b'])
    leave('b')
    await turn()
    expect(inside).toEqual(['a', 'b', 'c'])
    leave('a')
    leave('c')
    void enter('e')
    await turn()
    expect(inside).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('gives one place free however often it is left', async () => {
    const { inside, enter, leave } = entering(new Lanes({ payments: { perWorker: 1 } }), 'payments')
    for (const who of ['a', 'b', 'c']) void enter(who)
    await turn()
    leave('a')
    leave('a')
    await turn()
    expect(inside).toEqual(['a', 'b'])
  })

  it('is full for itself alone', async () => {
    const lanes = new Lanes({ payments: { perWorker: 1 }, mail: { perWorker: 1 } })
    const payments = entering(lanes, 'payments')
    const mail = entering(lanes, 'mail')
    for (const who of ['a', 'b']) void payments.enter(who)
    await mail.enter('c')
    expect([...payments.inside, ...mail.inside]).toEqual(['a', 'c'])
  })

  it('has room for 16 where nothing is said', async () => {
    const { inside, enter } = entering(new Lanes(), 'any')
    for (let i = 0; i < 20; i += 1) void enter(String(i))
    await turn()
    expect(inside).toHaveLength(16)
  })

  it('is left by whoever is called off, inside it or in its queue', async () => {
    const { inside, enter } = entering(new Lanes({ payments: { perWorker: 1 } }), 'payments')
    const off = new AbortController()
    void enter('a', off.signal)
    void enter('b', off.signal)
    void enter('c')
    await turn()
    expect(inside).toEqual(['a'])
    off.abort()
    await turn()
    await enter('d', off.signal)
    expect(inside).toEqual(['a', 'c'])
  })

  it('loses no place when its next one is called off in the moment that it is let in', async () => {
    const { inside, enter, leave } = entering(new Lanes({ payments: { perWorker: 1 } }), 'payments')
    const off = new AbortController()
    void enter('a')
    void enter('b', off.signal)
    await turn()
    leave('a')
    off.abort()
    await turn()
    await enter('c')
    expect(inside).toEqual(['a', 'c'])
  })

  it('knows the cap of the fleet where there is one', () => {
    const lanes = new Lanes({ payments: { perWorker: 2, fleet: 5 }, mail: { perWorker: 1 } })
    expect([lanes.fleetCap('payments'), lanes.fleetCap('mail'), lanes.fleetCap('any')]).toEqual([5, null, null])
  })

  it.each<LaneCaps>([{ perWorker: 0 }, { perWorker: 1.5 }, { perWorker: Number.NaN }, { perWorker: 1, fleet: 0 }])(
    'that lets nothing through is refused: %j',
    (caps) => {
      expect(() => new Lanes({ payments: caps })).toThrow(expect.objectContaining({ code: 'invalid_config' }))
    },
  )
})
