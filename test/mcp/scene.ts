import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type Flow, flow } from '../../src/orchestrator/flow.js'
import { mcpTools } from '../../src/tools/mcp/mcp-tools.js'
import type { StdioServer } from '../../src/tools/mcp/server.js'
import type { AnyTool } from '../../src/tools/tool.js'

export const WRITES = 3
export const SCENES = ['everything', 'filesystem', 'memory', 'bell-keyed', 'bell-once'] as const
export type SceneName = (typeof SCENES)[number]

/** A call that reached a server, by the tap before it. */
export interface Reached {
  readonly server: string
  readonly tool: string
  readonly given: Readonly<Record<string, unknown>>
  readonly key: string | null
  readonly pid: number
}

const TAP = fileURLToPath(new URL('tap.mjs', import.meta.url))
const BELL = fileURLToPath(new URL('bell-server.mjs', import.meta.url))
const packaged = (name: string) =>
  createRequire(import.meta.url).resolve(`@modelcontextprotocol/server-${name}/dist/index.js`)

/** Three servers from npm and one of our own, each behind a tap, with all that they keep in one folder. */
export class Scene {
  readonly journal: string
  readonly pinFile: string
  readonly files: string
  readonly memory: string
  readonly bell: string

  /** `says`: what the servers add to their tools' descriptions. */
  constructor(
    readonly folder: string,
    private readonly says?: string,
  ) {
    this.journal = join(folder, 'reached')
    this.pinFile = join(folder, 'midwatch.mcp.json')
    this.files = join(folder, 'files')
    this.memory = join(folder, 'memory.jsonl')
    this.bell = join(folder, 'bell')
  }

  get servers(): readonly StdioServer[] {
    return [
      this.#tapped('everything', packaged('everything'), []),
      this.#tapped('filesystem', packaged('filesystem'), [this.files]),
      this.#tapped('memory', packaged('memory'), []),
      this.#tapped('bell', BELL, []),
    ]
  }

  #tapped(name: string, script: string, args: string[]): StdioServer {
    const env = { TAP_JOURNAL: this.journal, MEMORY_FILE_PATH: this.memory, BELL_JOURNAL: this.bell }
    const said: Record<string, string> = this.says === undefined ? {} : { TAP_SAYS: this.says }
    const { execPath: command } = process
    return { name, command, args: [TAP, name, command, script, ...args], env: { ...env, ...said } }
  }

  #tool(server: string, tool: string, effect: 'keyed' | 'once'): AnyTool {
    const of = this.servers.find(({ name }) => name === server) as StdioServer
    const taken = effect === 'keyed' ? ({ effect, concurrent: true } as const) : ({ effect } as const)
    const effects = { [tool]: { ...taken, timeout: '6s' } } as never
    const [made] = mcpTools(of, { allow: [tool], pinFile: this.pinFile, effects })
    return made as AnyTool
  }

  /** One flow a scene: each writes three times. */
  flows(of: readonly SceneName[] = SCENES): Flow<{ id: string }, unknown>[] {
    return this.#all().filter(({ name }) => (of as readonly string[]).includes(name))
  }

  #all(): Flow<{ id: string }, unknown>[] {
    const on = (scene: SceneName, tool: AnyTool, input: (name: string, id: string) => object) =>
      writer(scene, tool, input)
    return [
      on('everything', this.#tool('everything', 'get-sum', 'once'), (_, id) => ({ a: Number(id), b: 1 })),
      on('filesystem', this.#tool('filesystem', 'write_file', 'once'), (name) => ({
        path: join(this.files, name),
        content: name,
      })),
      on('memory', this.#tool('memory', 'create_entities', 'keyed'), (name) => ({
        entities: [{ name, entityType: 'bell', observations: [] }],
      })),
      on('bell-keyed', this.#tool('bell', 'ring_keyed', 'keyed'), (name) => ({ name, how: 'slow' })),
      on('bell-once', this.#tool('bell', 'ring', 'once'), (name) => ({ name, how: 'slow' })),
    ]
  }

  reached(): Reached[] {
    return linesOf(this.journal) as Reached[]
  }

  /** Names of what was really done, once for each time. */
  done(): string[] {
    const rung = (linesOf(this.bell) as { name: string }[]).map(({ name }) => name)
    const entities = (linesOf(this.memory) as { name: string }[]).map(({ name }) => name)
    return [...rung, ...entities]
  }

  /** What the memory server was told to keep, whether or not its file survived. */
  remembered(): string[] {
    const told = this.reached().filter(({ tool }) => tool === 'create_entities')
    return told.flatMap(({ given }) => (given as { entities: { name: string }[] }).entities.map(({ name }) => name))
  }

  /** Whether a call that is in doubt acted, as a person would find out. */
  acted(tool: string, input: Readonly<Record<string, unknown>>): boolean {
    if (tool === 'write_file') return existsSync(String(input.path))
    if (tool === 'ring') return this.done().includes(String(input.name))
    return this.reached().some((one) => one.tool === tool && JSON.stringify(one.given) === JSON.stringify(input))
  }
}

function writer(scene: SceneName, tool: AnyTool, input: (name: string, id: string) => object) {
  return flow({
    name: scene,
    version: 1,
    input: z.object({ id: z.string() }),
    ceilings: { run: { attempts: 60, retries: 50, deadline: '1h' } },
    run: async (ctx, { id }) => {
      const said: string[] = []
      for (let n = 1; n <= WRITES; n += 1) {
        const result = await ctx.try.tool(tool, input(`${scene}-${id}-${n}`, `${id}${n}`) as never)
        said.push(result.status)
      }
      return said
    },
  })
}

function linesOf(path: string): unknown[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as unknown)
}
