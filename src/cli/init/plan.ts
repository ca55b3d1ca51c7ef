import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import { holdsCode } from './holds-code.js'
import { mergedManifest, newManifest, packageName } from './manifest.js'
import { readTemplate, type TemplateFile } from './template.js'

export interface PlanOptions {
  /** Where the project is, or shall be. */
  readonly folder: string
  /** Holds all templates. */
  readonly templates: string
  readonly template: string
  /** The version or place of `midwatch` that the project depends on. */
  readonly midwatch: string
}

/** What `init` is going to do. Nothing is written unless `inTheWay` is empty. */
export interface Plan {
  readonly folder: string
  /** New files. */
  readonly files: readonly TemplateFile[]
  /** Files that are there and get something added: their new text, and what is told of it. */
  readonly changes: readonly (TemplateFile & { readonly before: string; readonly added: readonly string[] })[]
  /** Files of the project's surroundings that are there already, and stay as they are. */
  readonly kept: readonly string[]
  /** Paths where something stands that the agent's own files need. */
  readonly inTheWay: readonly string[]
  /** Whether the project's package.json says that its code is modules; it is left alone where there is code already. */
  readonly isModule: boolean
}

/** What a project has of its own, agents or not. */
const SURROUNDINGS = new Set([
  '.dockerignore',
  '.env.example',
  'Dockerfile',
  'README.md',
  'compose.yaml',
  'tsconfig.json',
])

/** Looks, and writes nothing. Throws `invalid_config` for a package.json that is no JSON. */
export function planInit(options: PlanOptions): Plan {
  const { folder } = options
  const all = readTemplate(options.templates, options.template)
  const taken = (path: string) => standsThere(folder, path)
  const manifest = manifestOf(options, all)
  const merged = [manifest, ignoredOf(folder, all)].filter((one) => one !== null)
  const plain = all.filter(({ path }) => path !== 'package.json' && path !== '.gitignore')
  const changes = merged.filter(({ before }) => before !== '')
  return {
    folder,
    files: [...plain.filter(({ path }) => !taken(path)), ...merged.filter(({ before }) => before === '')].sort(byPath),
    changes: changes.filter(({ added }) => added.length > 0),
    kept: plain.filter(({ path }) => SURROUNDINGS.has(path) && taken(path)).map(({ path }) => path),
    inTheWay: plain.filter(({ path }) => !SURROUNDINGS.has(path) && taken(path)).map(({ path }) => path),
    isModule: manifest?.isModule ?? true,
  }
}

/** A file, or a file where a folder on the way must be; a link that leads nowhere too. */
function standsThere(folder: string, path: string): boolean {
  const parts = path.split('/')
  return parts.some((_, at) => {
    const stat = lstatSync(join(folder, ...parts.slice(0, at + 1)), { throwIfNoEntry: false })
    return stat !== undefined && (at === parts.length - 1 || stat.isFile())
  })
}

const byPath = (a: TemplateFile, b: TemplateFile): number => (a.path < b.path ? -1 : 1)

type Merged = Plan['changes'][number]

function manifestOf(
  { folder, midwatch }: PlanOptions,
  all: readonly TemplateFile[],
): (Merged & Pick<Plan, 'isModule'>) | null {
  const template = all.find(({ path }) => path === 'package.json')?.text
  if (template === undefined) return null
  const path = 'package.json'
  const before = textAt(folder, path)
  if (before === '') {
    const text = newManifest(template, { name: packageName(basename(folder)), midwatch })
    return { path, before, text, added: [], isModule: true }
  }
  try {
    return { path, before, ...mergedManifest(before, template, { midwatch, isThere: () => holdsCode(folder) }) }
  } catch (cause) {
    throw new MidwatchError('invalid_config', `${join(folder, path)} is no JSON: mend it first.`, { cause })
  }
}

/** An existing .gitignore gets the lines that it lacks: data of the embedded store must not be committed. */
function ignoredOf(folder: string, all: readonly TemplateFile[]): Merged | null {
  const path = '.gitignore'
  const template = all.find((file) => file.path === path)?.text
  if (template === undefined) return null
  const before = textAt(folder, path)
  const there = new Set(before.split('\n').map((line) => line.trim().replace(/^\/|\/$/g, '')))
  const added = template.split('\n').filter((line) => line !== '' && !there.has(line.replace(/\/$/, '')))
  const text = before === '' ? template : `${before.replace(/\n*$/, '\n')}${added.join('\n')}\n`
  return { path, before, text, added: before === '' ? [] : added }
}

function textAt(folder: string, path: string): string {
  const file = join(folder, path)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
