import { posix } from 'node:path'
import ts from 'typescript'
import { nodesOf, parse, type SourceFile } from '../sources.js'

/** One import, of whatever kind (`import type` and `import('…')` too). */
export interface Import {
  readonly from: string
  readonly line: number
  /** As written: `./a.js`, `pg`, `node:fs`. */
  readonly specifier: string
  /** The file of this checkout, when it is one: `src/core/a.ts`. */
  readonly file: string | undefined
}

/** All imports of `file`, resolved among the paths in `known`. */
export function importsOf(file: SourceFile, known: ReadonlySet<string>): Import[] {
  const tree = parse(file)
  return nodesOf(tree).flatMap((node) => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return []
    const line = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1
    return [{ from: file.path, line, specifier, file: resolve(file.path, specifier, known) }]
  })
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal)
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return textOf(node.moduleReference.expression)
  }
  return ts.isCallExpression(node) && loads(node.expression) ? textOf(node.arguments[0]) : undefined
}

/** `import`, `require` or `import.meta.resolve`. */
function loads(called: ts.Expression): boolean {
  if (called.kind === ts.SyntaxKind.ImportKeyword) return true
  if (ts.isIdentifier(called)) return called.text === 'require'
  return ts.isPropertyAccessExpression(called) && called.getText() === 'import.meta.resolve'
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined
}

function resolve(from: string, specifier: string, known: ReadonlySet<string>): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = posix.join(posix.dirname(from), specifier)
  const stem = path.replace(/\.jsx?$/, '')
  // A file that is not there still lies in a folder, which is what the table asks for.
  return [`${stem}.ts`, `${stem}.tsx`, `${path}/index.ts`].find((candidate) => known.has(candidate)) ?? path
}
