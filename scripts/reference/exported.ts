import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** What a declaration may be for a user. */
export type Kind = 'function' | 'value' | 'class' | 'interface' | 'type'

/** One member of an interface. */
export interface Field {
  readonly name: string
  /** On one line, cut where it is long. */
  readonly type: string
  /** Its doc comment on one line, or ''. */
  readonly about: string
}

export interface Exported {
  readonly name: string
  readonly kind: Kind
  /** On one line, cut where it is long. */
  readonly signature: string
  /** The first sentence of its doc comment, or ''. */
  readonly about: string
  /** The file that declares it. */
  readonly file: string
  /** Of an interface: its own members, in their order. */
  readonly fields: readonly Field[]
}

type Declared =
  | ts.FunctionDeclaration
  | ts.VariableDeclaration
  | ts.ClassDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration

const LONGEST = 180

const parsed = new Map<string, ts.SourceFile>()

function parse(file: string): ts.SourceFile {
  const known = parsed.get(file)
  if (known) return known
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  parsed.set(file, source)
  return source
}

const isExported = (statement: ts.Statement): boolean =>
  ts.canHaveModifiers(statement) &&
  (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)

/** Every declaration at the top of a file. */
function declarationsOf(source: ts.SourceFile): Declared[] {
  return source.statements.flatMap((statement): Declared[] => {
    if (ts.isVariableStatement(statement)) return [...statement.declarationList.declarations]
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) return [statement]
    return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) ? [statement] : []
  })
}

const statementOf = (declared: Declared): ts.Statement =>
  ts.isVariableDeclaration(declared) ? (declared.parent.parent as ts.VariableStatement) : declared

const nameOf = (declared: Declared): string => declared.name?.getText() ?? ''

/** Everything that a module exports, by name. It reads what is written: nothing is inferred, so the order of files is of no account. */
export function exportedBy(file: string): Exported[] {
  const source = parse(file)
  const own = declarationsOf(source)
    .filter((declared) => isExported(statementOf(declared)))
    .map((declared) => exportedOf(declared, nameOf(declared), file))
  const passed = source.statements.flatMap((statement): Exported[] => {
    if (!ts.isExportDeclaration(statement)) return []
    const { exportClause, moduleSpecifier } = statement
    if (!exportClause || !ts.isNamedExports(exportClause)) throw new Error(`${file}: exports are named one by one.`)
    const from = moduleSpecifier ? targetOf(file, moduleSpecifier) : file
    return exportClause.elements.map(({ name, propertyName }) => found(from, (propertyName ?? name).text, name.text))
  })
  return [...own, ...passed].sort((a, b) => (a.name < b.name ? -1 : 1))
}

const targetOf = (file: string, specifier: ts.Expression): string =>
  join(dirname(file), (specifier as ts.StringLiteral).text)
    .replaceAll('\\', '/')
    .replace(/\.js$/, '.ts')

function found(file: string, name: string, as: string): Exported {
  const at = declarationOf(file, name)
  if (!at) throw new Error(`${file} has no '${name}'.`)
  return exportedOf(at.declared, as, at.file)
}

/** What `file` calls `name`: declared there, passed on by it, or imported; null for what comes from elsewhere. */
function declarationOf(file: string, name: string): { readonly declared: Declared; readonly file: string } | null {
  const source = parse(file)
  const declared = declarationsOf(source).find((one) => nameOf(one) === name)
  if (declared) return { declared, file }
  for (const statement of source.statements) {
    const named = namesOf(statement).find((one) => one.name.text === name)
    const specifier = (statement as ts.ImportDeclaration | ts.ExportDeclaration).moduleSpecifier
    if (!named || !specifier) continue
    const isOurs = (specifier as ts.StringLiteral).text.startsWith('.')
    return isOurs ? declarationOf(targetOf(file, specifier), (named.propertyName ?? named.name).text) : null
  }
  return null
}

/** The names that an import or an export brings, one by one. */
function namesOf(statement: ts.Statement): readonly (ts.ImportSpecifier | ts.ExportSpecifier)[] {
  if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause))
    return [...statement.exportClause.elements]
  if (!ts.isImportDeclaration(statement)) return []
  const bindings = statement.importClause?.namedBindings
  return bindings && ts.isNamedImports(bindings) ? [...bindings.elements] : []
}

function exportedOf(declared: Declared, name: string, file: string): Exported {
  const [kind, signature] = shapeOf(declared)
  return {
    name,
    kind,
    signature: short(signature),
    about: firstSentence(declared),
    file,
    fields: fieldsOf(declared, file),
  }
}

function fieldsOf(declared: Declared, file: string): Field[] {
  if (!ts.isInterfaceDeclaration(declared)) return []
  return declared.members.map((member) => {
    const type = ts.isPropertySignature(member) ? spelledOut(member.type, file) : callTextOf(member)
    return { name: memberName(member), type: short(type), about: commentOf(member) }
  })
}

/** A type, with the words in place of the name that stands for one of a list of words. */
function spelledOut(type: ts.TypeNode | undefined, file: string): string {
  const parts = type && ts.isUnionTypeNode(type) ? [...type.types] : type ? [type] : []
  return parts.map((part) => wordsOf(part, file) ?? part.getText()).join(' | ')
}

function wordsOf(type: ts.TypeNode, file: string): string | null {
  const at = ts.isTypeReferenceNode(type) ? declarationOf(file, type.typeName.getText()) : null
  if (!at || !ts.isTypeAliasDeclaration(at.declared)) return null
  const list = /^\(typeof (\w+)\)\[number\]$/.exec(at.declared.type.getText())?.[1]
  const named = list === undefined ? undefined : declarationOf(at.file, list)?.declared
  const words = named && ts.isVariableDeclaration(named) ? bareOf(named.initializer) : undefined
  if (!words || !ts.isArrayLiteralExpression(words)) return null
  return words.elements.map((word) => word.getText()).join(' | ')
}

/** What a method takes and gives. */
const callTextOf = (member: ts.TypeElement): string =>
  member
    .getText()
    .slice((member.name?.getText() ?? '').length)
    .replace(/^\?/, '')

function memberName(member: ts.TypeElement): string {
  const asked = 'questionToken' in member && member.questionToken ? '?' : ''
  return `${member.name?.getText() ?? '(…)'}${asked}`
}

function shapeOf(declared: Declared): [Kind, string] {
  const name = nameOf(declared)
  if (ts.isFunctionDeclaration(declared)) return ['function', `${name}${callOf(declared)}`]
  if (ts.isClassDeclaration(declared)) return ['class', [`class ${name}`, ...heritageOf(declared)].join(' ')]
  const generic = ts.isVariableDeclaration(declared) ? '' : genericOf(declared)
  if (ts.isInterfaceDeclaration(declared)) {
    const members = declared.members.map(memberName).join(', ')
    return ['interface', `${[`${name}${generic}`, ...heritageOf(declared)].join(' ')} { ${members} }`]
  }
  if (ts.isTypeAliasDeclaration(declared)) return ['type', `${name}${generic} = ${declared.type.getText()}`]
  const { type } = declared
  const initializer = bareOf(declared.initializer)
  if (initializer && ts.isArrowFunction(initializer)) return ['function', `${name}${callOf(initializer)}`]
  if (initializer && ts.isObjectLiteralExpression(initializer))
    return ['value', `${name} { ${initializer.properties.map((one) => one.name?.getText() ?? '…').join(', ')} }`]
  return ['value', `${name}: ${type?.getText() ?? initializer?.getText() ?? ''}`]
}

/** A value without what is only said of its type. */
const bareOf = (value: ts.Expression | undefined): ts.Expression | undefined =>
  value && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value)) ? bareOf(value.expression) : value

const genericOf = ({ typeParameters }: { readonly typeParameters?: ts.NodeArray<ts.TypeParameterDeclaration> }) =>
  typeParameters ? `<${typeParameters.map(({ name }) => name.text).join(', ')}>` : ''

const heritageOf = (declared: ts.ClassDeclaration | ts.InterfaceDeclaration): string[] =>
  (declared.heritageClauses ?? []).map((clause) => clause.getText())

function callOf(call: ts.FunctionDeclaration | ts.ArrowFunction): string {
  const parameters = call.parameters.map((parameter) => parameter.getText()).join(', ')
  return `${genericOf(call)}(${parameters})${call.type ? `: ${call.type.getText()}` : ''}`
}

function short(text: string): string {
  const bare = text
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    // Members of a type that only a new line parts.
    .replace(/([^{;,|&(<\s])\n\s*(?=readonly |\w+\??:)/g, '$1; ')
    .replace(/\s+/g, ' ')
    .replace('= | ', '= ')
    .trim()
  return bare.length <= LONGEST ? bare : `${bare.slice(0, LONGEST - 2).trimEnd()} …`
}

function commentOf(node: ts.Node): string {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)?.comment
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s+/g, ' ').trim()
}

function firstSentence(declared: Declared): string {
  const text = commentOf(declared)
  return /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text
}
