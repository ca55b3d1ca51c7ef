import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectionTo } from '../../src/tools/mcp/connections.js'
import { writePins } from '../../src/tools/mcp/pin-file.js'
import { knownServer, type StdioServer } from '../../src/tools/mcp/server.js'

/** What the bell server did, by its own journal. */
export interface Rang {
  readonly tool: string
  readonly name: string
  readonly key: string | null
  readonly fence?: string
  readonly attempt?: number
  readonly traceparent?: string
  readonly pid: number
}

/** A bell server with a journal and a pin file of its own. */
export class Bell {
  readonly folder = mkdtempSync(join(tmpdir(), 'midwatch-bell-'))
  readonly journal = join(this.folder, 'journal')
  readonly pinFile = join(this.folder, 'midwatch.mcp.json')

  constructor(readonly name = 'bell') {}

  server(env: Readonly<Record<string, string>> = {}): StdioServer {
    const args = [fileURLToPath(new URL('bell-server.mjs', import.meta.url))]
    return { name: this.name, command: process.execPath, args, env: { BELL_JOURNAL: this.journal, ...env } }
  }

  /** Accepts all that the server says now. */
  async pin(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { tools } = await connectionTo(knownServer(this.server(env))).open()
    writePins(this.pinFile, { [this.name]: Object.fromEntries([...tools].map(([name, { pin }]) => [name, pin])) })
  }

  rang(): Rang[] {
    if (!existsSync(this.journal)) return []
    const lines = readFileSync(this.journal, 'utf8').split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as Rang)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
