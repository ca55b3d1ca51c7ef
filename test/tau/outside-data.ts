import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tables } from './records.js'
import { recordHash } from './state-hash.js'

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data/tau/retail')

/** Tests that need the outside data say this where it is absent. */
export const hasOutsideData = existsSync(join(FOLDER, 'db.json'))
export const NO_OUTSIDE_DATA = 'skipped: no outside data'

const text = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')
const json = <T>(name: string): T => JSON.parse(text(name)) as T
const lines = <T>(name: string): T[] =>
  text(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

export interface Call {
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
}

/** One call as the original tools answered it. `out` of a refused one is 'Error: …'. */
export interface Recorded extends Call {
  /** Gold calls: the task whose calls follow each other. Single calls start from the initial database. */
  readonly task?: string
  readonly ok: boolean
  readonly out: unknown
  readonly state_after: string
}

export interface Task {
  readonly id: string
  readonly gold_actions: readonly Call[]
}

export interface Gold {
  readonly id: string
  readonly steps: readonly {
    i: number
    tool: string
    kind: 'read' | 'write' | 'generic'
    ok: boolean
    error?: string
  }[]
  readonly final_state: string
  /** One edition gives the records, the other their hashes. */
  readonly changed_records: readonly {
    readonly table: string
    readonly id: string
    readonly after?: unknown
    readonly after_sha256?: string
  }[]
}

/** A tool as the benchmark describes it to a model. */
export interface ToolSpec {
  readonly name: string
  readonly kind: 'read' | 'write' | 'generic'
  readonly description: string
  readonly parameters: { readonly properties: Readonly<Record<string, unknown>>; readonly required: readonly string[] }
}

export const readTables = (): Tables => json<Tables>('db.json')
export const readToolSpecs = (): ToolSpec[] => json<ToolSpec[]>('tools.json')
export const readGoldCalls = (): Recorded[] => lines<Recorded>('conformance.jsonl')
export const readSingleCalls = (): Recorded[] => lines<Recorded>('conformance_single_calls.jsonl')

/** The tasks of both editions with what their gold actions lead to. */
export function readTasks(): { readonly task: Task; readonly gold: Gold }[] {
  return [
    ['tasks.json', 'gold.json'],
    ['tasks_tau1.json', 'gold_tau1.json'],
  ].flatMap(([tasks = '', golds = '']) => {
    const byId = new Map(json<Gold[]>(golds).map((gold) => [gold.id, gold]))
    return json<Task[]>(tasks).flatMap((task) => {
      const gold = byId.get(task.id)
      return gold ? [{ task, gold }] : []
    })
  })
}

/** The records that a gold run leaves changed, as `Shop.changes` names them. */
export function changesOf({ changed_records }: Gold): string[] {
  return changed_records
    .map(({ table, id, after, after_sha256 }) => `${table}/${id}:${after_sha256 ?? recordHash(after)}`)
    .sort()
}
