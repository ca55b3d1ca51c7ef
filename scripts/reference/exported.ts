import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** What a declaration may be for a user. */
export type Kind = 'function' | 'value' | 'class' | 'interface' | 'type'

export interface Exported {
  readonly name: string
  readonly kind: Kind
  /** On one line, cut where it is long. */
  readonly signature: string
  /** The first sentence of its doc comment, or ''. */
  readonly about: string
  /** The file that declares it. */
  readonly file: string
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

/** What `file` calls `name`: declared there, passed on by it, or imported. */
function found(file: string, name: string, as: string): Exported {
  const source = parse(file)
  const declared = declarationsOf(source).find((one) => nameOf(one) === name)
  if (declared) return exportedOf(declared, as, file)
  for (const statement of source.statements) {
    const named = namesOf(statement).find((one) => one.name.text === name)
    const specifier = (statement as ts.ImportDeclaration | ts.ExportDeclaration).moduleSpecifier
    if (named && specifier) return found(targetOf(file, specifier), (named.propertyName ?? named.name).text, as)
  }
  throw new Error(`${file} has no '${name}'.`)
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
  return { name, kind, signature: short(signature), about: firstSentence(declared), file }
}

function shapeOf(declared: Declared): [Kind, string] {
  const name = nameOf(declared)
  if (ts.isFunctionDeclaration(declared)) return ['function', `${name}${callOf(declared)}`]
  if (ts.isClassDeclaration(declared)) return ['class', [`class ${name}`, ...heritageOf(declared)].join(' ')]
  const generic = ts.isVariableDeclaration(declared) ? '' : genericOf(declared)
  if (ts.isInterfaceDeclaration(declared)) {
    const members = declared.members.map((member) => {
      const asked = 'questionToken' in member && member.questionToken ? '?' : ''
      return `${member.name?.getText() ?? '(…)'}${asked}`
    })
    return ['interface', `${[`${name}${generic}`, ...heritageOf(declared)].join(' ')} { ${members.join(', ')} }`]
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

function firstSentence(declared: Declared): string {
  const comment = ts.getJSDocCommentsAndTags(declared).filter(ts.isJSDoc).at(-1)?.comment
  const text = (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s+/g, ' ').trim()
  return /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text
}
