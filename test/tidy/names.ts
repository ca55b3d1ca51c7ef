import { basename } from 'node:path'
import ts from 'typescript'
import { nodesOf, parse, type SourceFile } from '../sources.js'

const EMPTY_NOUNS = new Set(['util', 'common', 'helper', 'manager', 'misc'])
/** The glossary's banned words, as far as a word alone shows its meaning: `action` or `task` may mean another thing. */
const NEVER = new Map([
  ['bot', 'agent'],
  ['workflow', 'flow'],
  ['thread', 'session'],
  ['job', 'run'],
  ['quota', 'ceiling'],
  ['denial', 'refusal'],
  ['poison', 'dead letter'],
  ['throttle', 'admission control or load shedding'],
  ['throttling', 'admission control or load shedding'],
])
const UNITS = new Set(['ms', 'sec', 'secs', 'seconds', 'minutes', 'hours', 'bytes', 'kb', 'mb'])

/** `leaseMs`, `lease_ms`, `LEASE_MS` and `lease-ms` are all `lease ms`. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
}

/** Every name in `file` (its path too) that breaks a rule, as `path:line name: why`. */
export function badNames(file: SourceFile): string[] {
  const tree = parse(file)
  const faultsOf = (name: string) => wordFaults(name, file)
  const ofPath = file.path.split('/').flatMap((part) => faultsOf(basename(part).replace(/\.\w+$/, '')))
  const declared = nodesOf(tree).flatMap((node) => {
    const name = declaredName(node)
    if (!name) return []
    const faults = [...faultsOf(name.text), ...(holdsValue(node) ? unitFaults(name.text) : [])]
    const line = tree.getLineAndCharacterOfPosition(name.getStart()).line + 1
    return faults.map((fault) => `${file.path}:${line} ${name.text}: ${fault}`)
  })
  return [...ofPath.map((fault) => `${file.path}: ${fault}`), ...declared]
}

/** Names that this code gives; an imported name was given elsewhere. */
function declaredName(node: ts.Node): ts.Identifier | undefined {
  if (ts.isImportSpecifier(node) || ts.isImportClause(node) || ts.isExportSpecifier(node)) return undefined
  const name = (node as ts.NamedDeclaration).name
  return name && ts.isIdentifier(name) && isDeclaration(node) ? name : undefined
}

function isDeclaration(node: ts.Node): boolean {
  return (
    holdsValue(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isMethodSignature(node)
  )
}

/** A variable, parameter or property that holds something other than a function. */
function holdsValue(node: ts.Node): boolean {
  const holder =
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isPropertySignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isPropertyAssignment(node)
  const value = holder && 'initializer' in node ? node.initializer : undefined
  return holder && !(value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)))
}

function wordFaults(name: string, { text }: SourceFile): string[] {
  return wordsOf(name).flatMap((word) => {
    // The system's threads are called by their name, where they are used.
    if (word === 'thread' && text.includes("'node:worker_threads'")) return []
    if (EMPTY_NOUNS.has(word.replace(/s$/, ''))) return [`'${word}' names nothing`]
    const better = NEVER.get(word) ?? NEVER.get(word.replace(/(s|ed)$/, ''))
    return better ? [`say ${better}, not ${word}`] : []
  })
}

/** A unit stands last; `MS_PER_DAY` is a rate and `bytes_ms` would be two units. */
function unitFaults(name: string): string[] {
  const words = wordsOf(name)
  const first = words.findIndex((word) => UNITS.has(word))
  const rest = first < 0 ? [] : words.slice(first + 1)
  return rest.length > 0 && rest[0] !== 'per' && !rest.every((word) => UNITS.has(word))
    ? [`the unit ${words[first]} stands last`]
    : []
}
