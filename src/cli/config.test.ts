import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const folder = mkdtempSync(join(tmpdir(), 'midwatch-config-'))
const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

function compile(path: string): void {
  put(
    path.replace(/\.ts$/, '.js'),
    ts.transpileModule(readFileSync(join(root, path), 'utf8'), { compilerOptions: options }).outputText,
  )
}

// A plain Node without any loader, as after installation: vitest would read the TypeScript itself.
beforeAll(() => {
  put('package.json', '{ "type": "module" }')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const loader = ['src/runtime/own-copy.ts', 'src/tools/own-copy.ts']
  for (const path of ['src/cli/config.ts', 'src/core/errors.ts', ...loader]) compile(path)
  put(
    'src/index.js',
    "export { MidwatchError } from './core/errors.js'\nexport const defineConfig = (config) => ({ ...config, by: 'the running copy' })",
  )
  put(
    'load.js',
    `import { loadConfig } from './src/cli/config.js'
    const answer = await loadConfig(process.argv[2], process.argv[3]).catch(({ name, code, message }) => ({ name, code, message }))
    console.log(JSON.stringify(answer))`,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function load(project: string, file?: string): Promise<Record<string, string>> {
  const args = [join(folder, 'load.js'), join(folder, project), ...(file ? [file] : [])]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder })
  return JSON.parse(stdout)
}

describe('the config of a project', () => {
  it('may be TypeScript with imports of its own, and midwatch is the running copy', async () => {
    put('good/name.ts', "export enum Name { Desk = 'desk' }")
    put(
      'good/midwatch.config.ts',
      "import { defineConfig } from 'midwatch'\nimport { Name } from './name.js'\nexport default defineConfig({ name: Name.Desk as string })",
    )
    expect(await load('good')).toEqual({ name: 'desk', by: 'the running copy' })
  })

  it('may live in a package that is not of type module', async () => {
    put('common-js/package.json', '{ "type": "commonjs" }')
    put('common-js/name.ts', "export const name: string = 'desk'")
    put(
      'common-js/named.ts',
      "import { defineConfig } from 'midwatch'\nimport { name } from './name.js'\nexport const config = defineConfig({ name })",
    )
    put(
      'common-js/midwatch.config.ts',
      "import { defineConfig } from 'midwatch'\nimport { name } from './name'\nexport default defineConfig({ name })",
    )
    put('common-js/far.config.ts', "import { config } from './named.js'\nexport default config")
    for (const file of ['midwatch.config.ts', 'far.config.ts']) {
      expect(await load('common-js', file)).toEqual({ name: 'desk', by: 'the running copy' })
    }
  })

  it('may have another name', async () => {
    put('other/desk.mts', "export default { name: 'other' satisfies string }")
    expect(await load('other', 'desk.mts')).toEqual({ name: 'other' })
  })

  it('that is missing is invalid_config and says where it was looked for', async () => {
    put('empty/a.txt', '')
    const missing = await load('empty')
    expect(missing).toMatchObject({ name: 'MidwatchError', code: 'invalid_config' })
    expect(missing.message).toContain(`There is no midwatch.config.ts in ${join(folder, 'empty')}`)
    expect((await load('empty', 'desk.ts')).message).toContain('desk.ts is not there')
  })

  it('with a syntax error is invalid_config and says file and line', async () => {
    put('broken/midwatch.config.ts', 'export default {\n  run: [,\n')
    const broken = await load('broken')
    expect(broken.code).toBe('invalid_config')
    expect(broken.message).toMatch(/midwatch\.config\.ts:3:\d+/)
  })

  it('that imports what is not there is invalid_config and names it', async () => {
    put('lost/midwatch.config.ts', "import { agent } from './agent.js'\nexport default { run: [agent] }")
    const lost = await load('lost')
    expect(lost.code).toBe('invalid_config')
    expect(lost.message).toContain('agent.js')
  })

  it.each(['export const run = []', "export default 'desk'", 'export default null'])(
    'as %s is invalid_config',
    async (text) => {
      put('bare/midwatch.config.ts', text)
      const bare = await load('bare')
      expect(bare.code).toBe('invalid_config')
      expect(bare.message).toContain('no default export')
    },
  )

  it('whose definitions are wrong keeps their own error', async () => {
    put(
      'wrong/midwatch.config.ts',
      "import { MidwatchError } from 'midwatch'\nthrow new MidwatchError('invalid_definition', 'a tool')",
    )
    expect(await load('wrong')).toMatchObject({ code: 'invalid_definition', message: 'a tool' })
  })
})
