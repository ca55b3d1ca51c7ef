import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Op } from '../../src/core/ops.js'
import { APPLY, batchOf } from '../../src/ledger/postgres/strides.js'
import { builtFile } from '../built.js'

/**
 * open: it has the answer and has not committed · receiving: it asked for far more than a socket holds, so that the server
 * is still sending, its locks held.
 */
export type HolderMode = 'open' | 'receiving'

const RECEIVED_BYTES = 64_000_000

export interface Holder {
  /** Backend of its connection. */
  readonly backend: number
  end(): Promise<void>
}

/** A process in the middle of an `apply`, its locks held, that is stopped by SIGSTOP: alive, and deaf. */
export async function stoppedHolder(url: string, op: Op, mode: HolderMode): Promise<Holder> {
  const program = await builtFile('test/isolation/holder.ts')
  const child = spawn(process.execPath, [program, url, mode, JSON.stringify(op)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  child.kill('SIGSTOP')
  const end = async () => {
    child.kill('SIGKILL')
    await gone
  }
  return { backend: Number(line), end }
}

async function main(url: string, mode: string, op: Op): Promise<void> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query('select pg_backend_pid() as pid')
  const values = batchOf([op])
  if (mode === 'open') {
    await client.query('begin')
    await client.query(APPLY, values)
    console.log(rows[0].pid)
    return
  }
  // A paused socket keeps no process alive: it would be gone before SIGSTOP finds it.
  setInterval(() => undefined, 1_000)
  const asked = client.query(APPLY.replace('answers', `answers, repeat('x', ${RECEIVED_BYTES})`), values)
  // The first bytes of the answer: the server has worked the op, and the rest finds no room.
  client.connection.stream.once('data', () => {
    client.connection.stream.pause()
    console.log(rows[0].pid)
  })
  await asked
}

const [, script, url, mode, op] = process.argv
if (script === fileURLToPath(import.meta.url) && url && mode && op) await main(url, mode, JSON.parse(op))
