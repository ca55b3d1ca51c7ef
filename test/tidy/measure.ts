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
  return [...nodesOf(tree)].filter(hasBody).map((node) => {
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

/** Comments stand before or behind tokens, and only there: asking at tokens keeps `//` inside strings out. */
function* comments(tree: ts.SourceFile): Generator<ts.CommentRange> {
  for (const token of tokensOf(tree, tree)) {
    if (token.kind === ts.SyntaxKind.JsxText) continue
    yield* ts.getLeadingCommentRanges(tree.text, token.pos) ?? []
    yield* ts.getTrailingCommentRanges(tree.text, token.end) ?? []
  }
}

function* tokensOf(node: ts.Node, tree: ts.SourceFile): Generator<ts.Node> {
  const parts = node.getChildren(tree).filter((child) => !ts.isJSDoc(child))
  if (parts.length === 0) yield node
  for (const part of parts) yield* tokensOf(part, tree)
}

/** The least value that at least `share` of the numbers do not pass. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
