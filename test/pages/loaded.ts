import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { blocksOf } from './blocks.js'

/** What pages only declare, for as long as a test runs them: `declare const bank` becomes what is given here. */
const STAND_INS = '__midwatchPages'
const given: Record<string, Readonly<Record<string, unknown>>> = {}
;(globalThis as Record<string, unknown>)[STAND_INS] = given

/** Pages whose code is run as their readers would run it: a module, with stand-ins for what it only declares. */
export class RunPages {
  readonly #folder = mkdtempSync(join(tmpdir(), 'midwatch-pages-'))
  readonly #beside = new Set<string>()
  #no = 0

  constructor() {
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }')
    symlinkSync(resolve('node_modules'), join(this.#folder, 'node_modules'))
  }

  /** A file that a page names as lying beside its own code. */
  beside(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text)
    this.#beside.add(name)
  }

  /** All that stands at the top of the page's code, exported or not. `only`: that one of its blocks. */
  async load<T>(page: string, stands: Readonly<Record<string, unknown>> = {}, only?: number): Promise<T> {
    const codes = blocksOf(page).map(({ code }) => code)
    const text = only === undefined ? codes.join('\n') : (codes[only] ?? '')
    if (text === '') throw new Error(`${page} has no such code.`)
    this.#no += 1
    const name = `${page.replace(/\W/g, '-')}-${this.#no}`
    given[name] = stands
    const placed = [...this.#beside].reduce(
      (code, file) => code.replaceAll(`'${file}'`, JSON.stringify(join(this.#folder, file))),
      text,
    )
    writeFileSync(join(this.#folder, `${name}.ts`), runnable(placed, name))
    return this.module(`${name}.ts`)
  }

  module<T>(file: string): Promise<T> {
    return import(/* @vite-ignore */ pathToFileURL(join(this.#folder, file)).href)
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** The same with a value for each `declare const`, and with everything exported. */
function runnable(text: string, name: string): string {
  const source = ts.createSourceFile('page.ts', text, ts.ScriptTarget.Latest, true)
  const hidden: string[] = []
  const parts = source.statements.map((statement) => {
    const has = (kind: ts.SyntaxKind) =>
      (ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some((one) => one.kind === kind)) ?? false
    const names = namesIn(statement)
    if (!has(ts.SyntaxKind.ExportKeyword)) hidden.push(...names)
    if (!has(ts.SyntaxKind.DeclareKeyword)) return statement.getFullText()
    return names.map((one) => `\nconst ${one}: any = (globalThis as any).${STAND_INS}['${name}']['${one}']\n`).join('')
  })
  return `${parts.join('')}\nexport { ${hidden.join(', ')} }\n`
}

function namesIn(statement: ts.Statement): string[] {
  if (ts.isFunctionDeclaration(statement)) return [statement.name?.text ?? '']
  if (!ts.isVariableStatement(statement)) return []
  return statement.declarationList.declarations.map((one) => one.name.getText())
}
