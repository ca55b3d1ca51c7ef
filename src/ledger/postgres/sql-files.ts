import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../../core/digest.js'

/** One file of `sql/`. */
export interface SqlFile {
  readonly name: string
  readonly text: string
  readonly checksum: string
}

/** A migration and its place in the order. */
export interface Migration extends SqlFile {
  readonly version: number
}

/** The package's `sql` folder, from the sources as from the build. */
export function sqlFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'sql', 'migrations'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('the folder sql/ is missing from this installation')
    folder = above
  }
  return join(folder, 'sql')
}

/** Migrations in order of their numbers. */
export function migrations(): Migration[] {
  return filesIn('migrations').map((file) => ({ ...file, version: Number.parseInt(file.name, 10) }))
}

/** The functions, all of them in one text, replaced as a whole. */
export function functions(): SqlFile {
  const text = filesIn('functions')
    .map((file) => file.text)
    .join('\n')
  return { name: 'functions', text, checksum: sha256(text) }
}

function filesIn(folder: string): SqlFile[] {
  const path = join(sqlFolder(), folder)
  return readdirSync(path)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const text = readFileSync(join(path, name), 'utf8')
      return { name, text, checksum: sha256(text) }
    })
}
