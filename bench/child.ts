// The process of one contender: opened once, then one pass after the other as it is told.
import { setTimeout as pause } from 'node:timers/promises'
import { type Contender, isPeer, type LongRun, type Order, type Pass, type Setting } from './contender.js'
import { floor } from './contenders/floor.js'
import { governed } from './contenders/governed.js'
import { inserts } from './contenders/inserts.js'
import { quantile } from './numbers.js'
import { loadPeer } from './peer.js'
import { serverCpuMs } from './server-cpu.js'
import { bytesStoredIn } from './stored.js'
import { Tally } from './tally.js'

export type Told =
  | { readonly tell: 'open'; readonly setting: Setting }
  | { readonly tell: 'pass'; readonly order: Order }
  | { readonly tell: 'long'; readonly steps: number }
  | { readonly tell: 'sample' }
  | { readonly tell: 'close' }
export type Reply = { readonly value: unknown } | { readonly error: string }

let opened: { contender: Contender; setting: Setting } | null = null

async function open(setting: Setting): Promise<Contender> {
  const { kind } = setting
  if (isPeer(kind)) return (await loadPeer(kind)).open(setting)
  if (kind === 'governed') return governed(setting)
  if (kind === 'inserts') return inserts(setting)
  return floor(setting, kind === 'floor')
}

/** Steps, their times and the CPU time of both sides, within the window alone: not of the warm-up, nor of what runs out. */
async function measure(contender: Contender, setting: Setting, order: Order): Promise<Pass> {
  await contender.prepare?.(order.lanes)
  const tally = new Tally()
  const serverPid = contender.server?.pid ?? setting.postmasterPid
  const worked = contender.work(order, tally)
  const broken = worked.then(() => Promise.reject(new Error('A contender stopped by itself.')))
  broken.catch(() => undefined)
  await Promise.race([pause(order.warmupMs), broken])
  const [server, client, from] = [serverCpuMs(serverPid), process.cpuUsage(), performance.now()]
  tally.begin()
  await Promise.race([pause(order.windowMs), broken])
  const stepMs = tally.take()
  const [spent, elapsedMs, serverAfter] = [process.cpuUsage(client), performance.now() - from, serverCpuMs(serverPid)]
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

/** One run, alone: how long each of its steps took, and what is stored of it. */
async function runLong({ run, server }: Contender, { url }: Setting, steps: number): Promise<LongRun> {
  if (!run) throw new Error('It works no runs one by one.')
  const stored = async () => server?.storedBytes() ?? bytesStoredIn(url)
  const before = await stored()
  const tally = new Tally()
  await run(steps, tally)
  return { stepMs: tally.take(), storedBytes: (await stored()) - before }
}

async function answer(told: Told): Promise<unknown> {
  if (told.tell === 'open') {
    opened = { setting: told.setting, contender: await open(told.setting) }
    return null
  }
  if (!opened) throw new Error('Nothing is open.')
  if (told.tell === 'pass') return measure(opened.contender, opened.setting, told.order)
  if (told.tell === 'long') return runLong(opened.contender, opened.setting, told.steps)
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
