import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Reply, Told } from './victim.js'
import { type Crash, crashOf, Witness } from './witness.js'

/** Where it happens. */
export interface Place extends Pick<Told, 'who' | 'url' | 'server'> {
  /** For what the effects write down. */
  readonly folder: string
}

export interface Crashed {
  readonly crashes: readonly Crash[]
  /** Runs of them that wait for a person. */
  readonly withPerson: number
}

const STEPS = 5
const DIE_AT = 2
/** Whoever has not gone on by then is not waited for: its run is told as lost. */
const PATIENCE_MS = 30_000

/**
 * So many crashes, one behind the other: a process kills itself within the third step of its run, the next one goes on with
 * that run to its end, and dies within one of its own. Its start counts for the time until the first effect.
 */
export async function crash({ folder, ...told }: Place, times: number): Promise<Crashed> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const witness = new Witness(join(folder, 'witness.tsv'))
  const run = (no: number) => `crash-${no}`
  let withPerson = 0
  for (let no = 0; no <= times; no += 1) {
    const [goOn, begin] = [no > 0 ? run(no - 1) : null, no < times ? run(no) : null]
    const went = await live({ ...told, witness: witness.file, goOn, begin, steps: STEPS, dieAt: DIE_AT })
    if (went === 'with a person') withPerson += 1
  }
  const seen = witness.read()
  return { withPerson, crashes: Array.from({ length: times }, (_, no) => crashOf(seen, run(no), DIE_AT)) }
}

/** One process, until its end. */
async function live(told: Told): Promise<'ended' | 'with a person' | null> {
  const child = fork(fileURLToPath(new URL('./victim.ts', import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  let said: Reply | null = null
  child.on('message', (reply: Reply) => {
    said = reply
    if ('error' in reply) child.kill('SIGKILL')
  })
  const exited = once(child, 'exit')
  child.send(told)
  await exited
  clearTimeout(impatience)
  const reply = said as Reply | null
  if (reply && 'error' in reply) throw new Error(reply.error)
  return reply?.went ?? null
}
