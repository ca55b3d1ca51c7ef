import ts from 'typescript'
import { nodesOf, parse, type SourceFile } from './sources.js'

/** Codes that some file gives to a `MidwatchError`: outright, by a function that takes an `ErrorCode`, or from a table of them. */
export function thrownCodes(files: readonly SourceFile[]): Set<string> {
  const nodes = files.flatMap((file) => nodesOf(parse(file)))
  const makers = new Set(['MidwatchError', ...nodes.flatMap((node) => makerName(node) ?? [])])
  const codes = new Set<string>()
  for (const node of nodes) for (const text of thrownBy(node, makers)) codes.add(text)
  return codes
}

/** The name of a function whose first parameter is an `ErrorCode`. */
function makerName(node: ts.Node): string | undefined {
  if (!ts.isFunctionLike(node) || node.parameters[0]?.type?.getText() !== 'ErrorCode') return undefined
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined)
  return named?.getText()
}

function thrownBy(node: ts.Node, makers: ReadonlySet<string>): string[] {
  if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && nameIn(makers, node.expression)) {
    const first = node.arguments?.[0]
    return first ? [first, ...initialisersOf(first)].flatMap(literalsIn) : []
  }
  const typed = ts.isVariableDeclaration(node) || ts.isSatisfiesExpression(node)
  return typed && /\bErrorCode\b/.test(node.type?.getText() ?? '') ? literalsIn(node) : []
}

const nameIn = (names: ReadonlySet<string>, called: ts.Expression): boolean =>
  ts.isIdentifier(called) && names.has(called.text)

/** What a variable of this name was set to in the same file: `const code = isAway(error) ? 'one' : 'two'`. */
function initialisersOf(name: ts.Node): ts.Expression[] {
  if (!ts.isIdentifier(name)) return []
  const declarations = nodesOf(name.getSourceFile()).filter(ts.isVariableDeclaration)
  return declarations.flatMap((one) => (one.name.getText() === name.text && one.initializer ? [one.initializer] : []))
}

/** Codes that some test asserts: as `code: '…'`, given to an assertion, or in the table of an `each`. */
export function assertedCodes(files: readonly SourceFile[]): Set<string> {
  const literals = files.flatMap((file) => nodesOf(parse(file))).filter(ts.isStringLiteralLike)
  return new Set(literals.filter(isAsserted).map((literal) => literal.text))
}

function isAsserted(literal: ts.Node): boolean {
  for (let node = literal; node.parent; node = node.parent) {
    const { parent } = node
    if (ts.isPropertyAssignment(parent) && parent.name.getText() === 'code') return true
    if (!ts.isCallExpression(parent) || parent.expression === node) continue
    // What a test calls things is no assertion: `it('usage')`.
    return /^expect\b|\.each$|assert|throw|code/i.test(parent.expression.getText())
  }
  return false
}

function literalsIn(node: ts.Node): string[] {
  return nodesOf(node)
    .filter(ts.isStringLiteralLike)
    .map((literal) => literal.text)
}
