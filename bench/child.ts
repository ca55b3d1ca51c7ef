// The process of one contender: opened once, then one pass after the other as it is told.
import { setTimeout as pause } from 'node:timers/promises'
import type { Contender, Order, Pass, Setting } from './contender.js'
import { floor } from './contenders/floor.js'
import { governed } from './contenders/governed.js'
import { inserts } from './contenders/inserts.js'
import { quantile } from './numbers.js'
import { serverCpuMs } from './server-cpu.js'
import { Tally } from './tally.js'

export type Told =
  | { readonly tell: 'open'; readonly setting: Setting }
  | { readonly tell: 'pass'; readonly order: Order }
  | { readonly tell: 'sample' }
  | { readonly tell: 'close' }
export type Reply = { readonly value: unknown } | { readonly error: string }

let opened: { contender: Contender; setting: Setting } | null = null

async function open(setting: Setting): Promise<Contender> {
  if (setting.kind === 'governed') return governed(setting)
  if (setting.kind === 'inserts') return inserts(setting)
  if (setting.kind === 'floor' || setting.kind === 'pairs') return floor(setting, setting.kind === 'floor')
  // Named at run time: a peer's types are there only once bench/ has been installed.
  const { dbos } = await import(new URL('./peers/dbos.ts', import.meta.url).href)
  return dbos(setting)
}

/** Steps, their times and the CPU time of both sides, within the window alone: not of the warm-up, nor of what runs out. */
async function measure(contender: Contender, { postmasterPid }: Setting, order: Order): Promise<Pass> {
  const tally = new Tally()
  const worked = contender.work(order, tally)
  const broken = worked.then(() => Promise.reject(new Error('A contender stopped by itself.')))
  broken.catch(() => undefined)
  await Promise.race([pause(order.warmupMs), broken])
  const [server, client, from] = [serverCpuMs(postmasterPid), process.cpuUsage(), performance.now()]
  tally.begin()
  await Promise.race([pause(order.windowMs), broken])
  const stepMs = tally.take()
  const [spent, elapsedMs, serverAfter] = [
    process.cpuUsage(client),
    performance.now() - from,
    serverCpuMs(postmasterPid),
  ]
  tally.end()
  await worked
  return {
    stepsPerSecond: (stepMs.length * 1_000) / elapsedMs,
    p50Ms: quantile(stepMs, 0.5),
    p99Ms: quantile(stepMs, 0.99),
    clientUs: (spent.user + spent.system) / stepMs.length,
    serverUs: server === null || serverAfter === null ? null : ((serverAfter - server) * 1_000) / stepMs.length,
  }
}

async function answer(told: Told): Promise<unknown> {
  if (told.tell === 'open') {
    opened = { setting: told.setting, contender: await open(told.setting) }
    return null
  }
  if (!opened) throw new Error('Nothing is open.')
  if (told.tell === 'pass') return measure(opened.contender, opened.setting, told.order)
  if (told.tell === 'sample') return (await opened.contender.sample?.()) ?? null
  await opened.contender.close()
  return null
}

process.on('message', (told: Told) => {
  answer(told)
    .then((value): Reply => ({ value }))
    .catch((error): Reply => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }))
    .then((reply) => {
      process.send?.(reply, () => {
        if (told.tell === 'close') process.disconnect()
      })
    })
})

// A contender that outlived the bench would go on claiming the runs of the next one.
process.on('disconnect', () => process.exit())
