import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'

/** Projects that `init` can write; each is a folder of `templates/`, the first is the default. */
export const TEMPLATES = [{ name: 'help-desk', about: 'an agent with a tool of each effect class' }] as const

/** A file of a template: its path in the new project, with slashes. */
export interface TemplateFile {
  readonly path: string
  readonly text: string
}

/** npm leaves these out of packages, so they travel by another name. */
const RENAMED: Readonly<Record<string, string>> = { _gitignore: '.gitignore' }

/** Every file of one template, sorted. `folder` holds all templates. */
export function readTemplate(folder: string, name: string): TemplateFile[] {
  const root = join(folder, name)
  return walk(root, '')
    .map((path) => ({ path: RENAMED[path] ?? path, text: readFileSync(join(root, path), 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function walk(root: string, below: string): string[] {
  return readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(root, path)
    return [path.replaceAll(sep, '/')]
  })
}
