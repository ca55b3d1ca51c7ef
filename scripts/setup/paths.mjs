import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const MODULES = join(ROOT, 'node_modules')

/** @param {string} message one quiet line; stdout stays free for the program that follows */
export const say = (message) => process.stderr.write(`${message}\n`)

/**
 * The script behind a dependency's command, or null when that dependency is not installed.
 * @param {string} name @param {string} [command] its command, where that is not its name
 */
export function binOf(name, command = name) {
  try {
    const { bin } = JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8'))
    return join(MODULES, name, typeof bin === 'string' ? bin : bin[command])
  } catch {
    return null
  }
}
