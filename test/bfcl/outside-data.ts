import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data/bfcl')

/** Tests that need the outside data say this where it is absent. */
export const hasOutsideData = existsSync(join(FOLDER, 'multi_turn_base.jsonl'))
export const NO_OUTSIDE_DATA = 'skipped: no outside data'

/** One call of the benchmark's own solution, with what its API answered. */
export interface GoldCall {
  readonly api: string
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
  readonly result: unknown
  readonly error: boolean
  readonly changes_state: boolean
}

/** A conversation: what the user says turn by turn, and the calls that answer each turn. */
export interface Task {
  readonly id: string
  readonly turns: readonly { readonly user: readonly string[]; readonly gold_calls: readonly GoldCall[] }[]
}

/** A type as the benchmark writes it: `dict`, `float`, `tuple` and `any` are not JSON Schema's. */
export interface TypeText {
  readonly type: string
  readonly [key: string]: unknown
}

export interface ToolText {
  readonly name: string
  readonly description: string
  readonly parameters: TypeText & {
    readonly properties: Readonly<Record<string, TypeText>>
    readonly required: string[]
  }
}

const text = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')

export function readTasks(): Task[] {
  return text('multi_turn_base.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Task)
}

export const readToolTexts = (): ToolText[] => JSON.parse(text('multi_turn_tools.json')) as ToolText[]
