import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { embeddedPostgres } from '../src/ledger/embedded/embedded.js'

/** Another process that uses an embedded PostgreSQL. */
export interface EmbeddedUser {
  readonly pid: number
  readonly url: string
  readonly adopted: boolean
  /** Has it call `stop` and waits until it is gone. */
  stop(): Promise<void>
  /** Sends a signal and waits until it is gone; answers with the signal that ended it, if one did. */
  end(signal: NodeJS.Signals): Promise<NodeJS.Signals | null>
}

/** Starts this file as a process of its own, as `uid` if given, and waits until its server is ready. */
export async function startUser(home: string, uid?: number): Promise<EmbeddedUser> {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), home], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const gone = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)))
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout })
      .once('line', resolve)
      .once('close', () => reject(new Error('it ended')))
  })
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return gone
  }
  const stop = async () => {
    child.stdin.end()
    await gone
  }
  return { ...(JSON.parse(line) as { pid: number; url: string; adopted: boolean }), stop, end }
}

const home = process.argv[2]
if (process.argv[1] === fileURLToPath(import.meta.url) && home !== undefined) {
  const postgres = await embeddedPostgres({ home })
  console.log(JSON.stringify({ pid: process.pid, url: postgres.url, adopted: postgres.adopted }))
  process.stdin.resume().once('end', () => void postgres.stop())
}
