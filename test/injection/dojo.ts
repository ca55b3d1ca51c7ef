import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data/agentdojo')

export const hasDojo = existsSync(join(FOLDER, 'banking.json'))

export interface DojoCall {
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
  readonly changes_state: boolean
  readonly result: unknown
}

export interface Dojo {
  readonly suite: string
  readonly tools: readonly {
    readonly name: string
    readonly description: string
    readonly args: object
    readonly observed_mutates: readonly boolean[]
  }[]
  readonly user_tasks: readonly {
    readonly id: string
    readonly prompt: string
    readonly ground_truth: readonly DojoCall[]
    readonly vectors_seen: readonly string[]
  }[]
  readonly injection_tasks: readonly { readonly id: string; readonly ground_truth: readonly DojoCall[] }[]
}

export const readDojo = (suite: string): Dojo => JSON.parse(readFileSync(join(FOLDER, `${suite}.json`), 'utf8')) as Dojo
