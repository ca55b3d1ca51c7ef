import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** A file of this checkout: its path from the root, with slashes, and its text. The rules are functions of these, so that made-up files can show each rule at work. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const NOT_OURS = /^(node_modules|dist|coverage|\.git|\.midwatch.*)$/

/** Every file below `folder` ('' is the root) whose path `wanted` takes, sorted. */
export function readSources(folder: string, wanted: (path: string) => boolean): SourceFile[] {
  return walk(folder)
    .filter(wanted)
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

function walk(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name).replaceAll(sep, '/')
    if (entry.isDirectory()) return NOT_OURS.test(entry.name) ? [] : walk(path)
    return entry.isFile() ? [path] : []
  })
}

export const isTest = (path: string): boolean => /\.(test|test-d)\.tsx?$/.test(path)
export const isTypeScript = (path: string): boolean => /\.tsx?$/.test(path) && !path.endsWith('.d.ts')
export const isProduct = (path: string): boolean => isTypeScript(path) && !isTest(path)

const trees = new WeakMap<SourceFile, ts.SourceFile>()

/** The syntax tree, with parents; several rules look at the same one. */
export function parse(file: SourceFile): ts.SourceFile {
  const tree = trees.get(file) ?? ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true)
  trees.set(file, tree)
  return tree
}

/** Every node below and with `root`, parents first. */
export function nodesOf(root: ts.Node): ts.Node[] {
  const found: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    found.push(node)
    ts.forEachChild(node, visit)
  }
  visit(root)
  return found
}
