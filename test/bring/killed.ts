import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { type Night, toldBy } from './shop-night.js'

/** What came of a process that was killed while its `once` tool acted, and of the one that took its run up. */
export interface Killed {
  readonly sent: number
  /** Model calls before the kill, and after it until a person had answered. */
  readonly asked: readonly [number, number]
  readonly text: string
}

/** Kills the process in the middle of sending; another goes on under the key, and a person says that the e-mail went out. */
export async function killInTheMiddle({ ledger, start, model, outbox }: Night, key: string): Promise<Killed> {
  const first = start('key', key, { SHOP_HANGS: 'yes' })
  const sentBefore = (await outbox()).length
  await until(async () => (await outbox()).length > sentBefore)
  first.kill('SIGKILL')
  await once(first, 'exit')
  const before = model.requests.length

  const second = toldBy<string>(start('key', key))
  const asked = await until(async () => (await ledger.escalations({ state: 'open' }))[0])
  const between = model.requests.length - before
  const answer = { id: asked.id, decision: 'happened', by: 'ops', result: '{"sent":"by hand"}' } as const
  await until(async () => (await ledger.answer(answer)).code === 'ok')
  const text = await second
  const sent = (await outbox()).length - sentBefore
  return { sent, asked: [before, between], text }
}

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await setTimeout(100)
  }
}
