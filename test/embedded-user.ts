import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { embeddedPostgres } from '../src/ledger/embedded/embedded.js'
import { builtFile } from './built.js'

/** A process of its own that uses an embedded PostgreSQL. */
export class EmbeddedUser {
  url = ''
  adopted = false
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: Interface
  readonly #gone: Promise<NodeJS.Signals | null>

  private constructor(args: readonly string[], as: { uid?: number; gid?: number }) {
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], ...as })
    this.#lines = createInterface({ input: this.#child.stdout })
    this.#gone = new Promise((resolve) => this.#child.once('exit', (_, signal) => resolve(signal)))
  }

  /** `uid`: as whom · `endsItself`: it listens for SIGTERM itself, and still asks the server before it exits. */
  static async start(home: string, wish: { uid?: number; endsItself?: boolean } = {}): Promise<EmbeddedUser> {
    const program = await builtFile('test/embedded-user.ts')
    const as = wish.uid === undefined ? {} : { uid: wish.uid, gid: wish.uid }
    return new EmbeddedUser([program, home, ...(wish.endsItself ? ['ends-itself'] : [])], as)
  }

  /** One whose server is ready; fails when it ends before. */
  static async ready(home: string, wish: { uid?: number; endsItself?: boolean } = {}): Promise<EmbeddedUser> {
    return (await EmbeddedUser.start(home, wish)).ready()
  }

  /** Waits until its server is ready; fails when it ends before. */
  private async ready(): Promise<this> {
    const told = JSON.parse(await this.says()) as { url: string; adopted: boolean }
    this.url = told.url
    this.adopted = told.adopted
    return this
  }

  /** The next line that it prints; fails when it ends before. */
  async says(): Promise<string> {
    const line = once(this.#lines, 'line').then(([text]) => String(text))
    const gone = this.#gone.then((signal) => Promise.reject(new Error(`it was ended by ${signal}`)))
    return Promise.race([line, gone])
  }

  /** Has it call `stop` and waits until it is gone. */
  async stop(): Promise<void> {
    this.#child.stdin.end()
    await this.#gone
  }

  /** Sends a signal and waits until it is gone; answers with the signal that ended it, if one did. */
  end(signal: NodeJS.Signals): Promise<NodeJS.Signals | null> {
    this.#child.kill(signal)
    return this.#gone
  }
}

async function main(home: string, endsItself: boolean): Promise<void> {
  const postgres = await embeddedPostgres({ home })
  if (endsItself) process.on('SIGTERM', () => void lastQuestion(postgres.url).then(() => process.exit(0)))
  console.log(JSON.stringify({ url: postgres.url, adopted: postgres.adopted }))
  process.stdin.resume().once('end', () => void postgres.stop())
}

async function lastQuestion(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query(`select 'answered after the signal' as word`)
  await client.end()
  console.log(rows[0]?.word)
}

const [, script, home, mode] = process.argv
if (script === fileURLToPath(import.meta.url) && home !== undefined) await main(home, mode === 'ends-itself')
