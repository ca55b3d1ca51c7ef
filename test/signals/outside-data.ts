import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const FOLDER = fileURLToPath(new URL('../../../shared/data/traces/agentdojo_runs', import.meta.url))

export const NO_OUTSIDE_DATA = 'skipped: no outside data'
export const hasOutsideData = existsSync(FOLDER)

export interface TraceStep {
  readonly tool?: string
  readonly args?: unknown
  /** Hash of what came back. */
  readonly obs?: string
  readonly error?: string
  /** Hash of what was said. */
  readonly say?: string
}

/** A real run of a model, with what the benchmark's own checkers say of it. */
export interface Trace {
  readonly run: string
  readonly suite: string
  /** The user's goal was met. */
  readonly utility: boolean
  readonly steps: readonly TraceStep[]
}

export interface Message {
  readonly role: 'user' | 'assistant' | 'tool' | 'system'
  readonly content?: string | null
  readonly tool_calls?: readonly { readonly function: string; readonly args: unknown; readonly id: string }[]
  readonly tool_call_id?: string
}

/** A run with all of its words. */
export interface FullTrace {
  readonly utility: boolean
  readonly messages: readonly Message[]
}

export const readTraces = (): Trace[] => readAll((file) => !file.startsWith('FULLTEXT'))

export const readFullTraces = (): FullTrace[] => readAll((file) => file.startsWith('FULLTEXT'))

function readAll<T>(wanted: (file: string) => boolean): T[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.jsonl.gz') && wanted(file))
  return files.sort().flatMap((file) => {
    const lines = gunzipSync(readFileSync(`${FOLDER}/${file}`))
      .toString()
      .trimEnd()
      .split('\n')
    return lines.map((line) => JSON.parse(line) as T)
  })
}
