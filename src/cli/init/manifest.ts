/** A package.json as far as `init` looks at it; the order of its keys stays. */
interface Manifest {
  readonly type?: string
  readonly name?: string
  readonly scripts?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

const PARTS = ['scripts', 'dependencies', 'devDependencies'] as const
/** What npm puts there by itself, and nobody means. */
const NO_TEST = /no test specified/
/** A new project's package.json. `midwatch`: the version or place of the package that it depends on. */
export function newManifest(template: string, p: { readonly name: string; readonly midwatch: string }): string {
  const manifest = JSON.parse(template) as Manifest
  const dependencies = { ...manifest.dependencies, midwatch: p.midwatch }
  return textOf({ ...manifest, name: p.name, dependencies }, 2)
}

/**
 * Adds what an existing package.json lacks, and changes nothing that stands there; `added` says what, a line each. A
 * dependency counts wherever it is named. The type alone is replaced, where no code `isThere` that it could change: `npm init`
 * writes one that nobody meant. Throws SyntaxError for what is no JSON.
 */
export function mergedManifest(
  present: string,
  template: string,
  { midwatch, isThere }: { readonly midwatch: string; readonly isThere: () => boolean },
): { readonly text: string; readonly added: readonly string[]; readonly isModule: boolean } {
  const own = JSON.parse(present) as Manifest
  const wanted = JSON.parse(newManifest(template, { name: '', midwatch })) as Manifest
  const named = new Set(Object.keys({ ...own.dependencies, ...own.devDependencies }))
  const added: string[] = []
  const merged: Record<string, unknown> = { ...own }
  if (own.type !== 'module' && !isThere()) {
    merged.type = 'module'
    added.push(`type: module${own.type === undefined ? '' : ` (in place of ${own.type})`}`)
  }
  for (const part of PARTS) {
    const lacks = Object.entries(wanted[part] ?? {}).filter(([name]) =>
      part === 'scripts' ? isFree(own.scripts?.[name]) : !named.has(name),
    )
    if (lacks.length === 0) continue
    merged[part] = { ...own[part], ...Object.fromEntries(lacks) }
    added.push(...lacks.map(([name, value]) => `${part}: ${name} (${value})`))
  }
  const isModule = merged.type === 'module'
  return { text: added.length === 0 ? present : textOf(merged, indentOf(present)), added, isModule }
}

const isFree = (script: string | undefined): boolean => script === undefined || NO_TEST.test(script)

const textOf = (manifest: object, indent: string | number): string => `${JSON.stringify(manifest, null, indent)}\n`

/** As it was written: tabs, two spaces, four. */
const indentOf = (text: string): string | number => /^\{\s*\n([ \t]+)"/.exec(text)?.[1] ?? 2

/** A folder's name as npm takes it for a package. */
export function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[-]+$/g, '')
  return name === '' ? 'agents' : name
}
