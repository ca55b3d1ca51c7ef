import ts from 'typescript'
import { nodesOf, parse, type SourceFile } from '../sources.js'

/** Where a number was measured: `src/core/chain.ts:12 sealEntry`. */
export interface Measured {
  readonly where: string
  readonly lines: number
}

export function fileLines(file: SourceFile): Measured {
  return { where: file.path, lines: file.text.trimEnd().split('\n').length }
}

/** Every function with a body, of whatever form; `named` are those that a reader looks up by name, callbacks left out. */
export function functionLines(file: SourceFile): (Measured & { named: boolean })[] {
  const tree = parse(file)
  const lineAt = (position: number) => tree.getLineAndCharacterOfPosition(position).line
  return nodesOf(tree)
    .filter(hasBody)
    .map((node) => {
      const name = nameOf(node)
      const first = lineAt(node.getStart())
      const lines = lineAt(node.end) - first + 1
      return { where: `${file.path}:${first + 1} ${name ?? '(callback)'}`, lines, named: name !== undefined }
    })
}

function hasBody(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

function nameOf(node: ts.FunctionLikeDeclaration): string | undefined {
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  if (node.name) return node.name.getText()
  const { parent } = node
  const holds = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)
  return holds ? parent.name.getText() : undefined
}

/** Lines that carry a comment, and lines that are not blank. */
export function commentLines(file: SourceFile): { comments: number; filled: number } {
  const tree = parse(file)
  const commented = new Set<number>()
  for (const { pos, end } of comments(tree)) {
    const last = tree.getLineAndCharacterOfPosition(end).line
    for (let line = tree.getLineAndCharacterOfPosition(pos).line; line <= last; line++) commented.add(line)
  }
  return { comments: commented.size, filled: file.text.split('\n').filter((line) => line.trim() !== '').length }
}

/** Blanks out what only looks like a comment, inside strings, templates, patterns and JSX text, and then reads the rest. */
function comments(tree: ts.SourceFile): { pos: number; end: number }[] {
  const pieces: string[] = []
  let reached = 0
  for (const { pos, end } of nodesOf(tree).filter(isOpaque).map(extent)) {
    pieces.push(tree.text.slice(reached, pos), ' '.repeat(end - pos))
    reached = end
  }
  const text = pieces.join('') + tree.text.slice(reached)
  const found = [...text.matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)]
  return found.map(({ index, 0: { length } }) => ({ pos: index, end: index + length }))
}

function isOpaque(node: ts.Node): boolean {
  return (
    ts.isStringLiteralLike(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddleOrTemplateTail(node) ||
    ts.isRegularExpressionLiteral(node) ||
    ts.isJsxText(node)
  )
}

const extent = (node: ts.Node) => ({ pos: ts.isJsxText(node) ? node.pos : node.getStart(), end: node.end })

/** The least value that at least `share` of the numbers do not pass. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
