import { type ChildProcess, spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtFile } from '../built.js'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface Heard {
  readonly exit: number | null
  readonly out: string
  readonly err: string
}

/** The command line as a process of its own, as it is published. `where` is its DATABASE_URL, or a folder without any. */
export async function midwatchBinary(where: { readonly databaseUrl?: string; readonly cwd?: string }) {
  const { databaseUrl, cwd = root } = where
  const main = await builtFile('src/cli/main.ts')
  const { DATABASE_URL: _, ...clean } = process.env
  const env = { ...clean, ...(databaseUrl && { DATABASE_URL: databaseUrl }) }
  const begin = (argv: readonly string[]): ChildProcess =>
    spawn(process.execPath, [main, ...argv], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  return {
    begin,
    say: (...argv: string[]): Promise<Heard> => hear(begin(argv)),
  }
}

/** All that a process says until it ends. */
export function hear(child: ChildProcess): Promise<Heard> {
  const said = { out: '', err: '' }
  child.stdout?.on('data', (part) => {
    said.out += part
  })
  child.stderr?.on('data', (part) => {
    said.err += part
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit) => resolve({ exit, ...said }))
  })
}

/** Resolves once the process has said this. */
export function saysOnce(child: ChildProcess, text: string, on: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child[on]?.on('data', (part) => {
      said += part
      if (said.includes(text)) resolve()
    })
    child.once('close', (exit) => reject(new Error(`It ended with ${exit} and never said "${text}": ${said}`)))
  })
}
