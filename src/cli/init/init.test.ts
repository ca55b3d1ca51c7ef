import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { initialise } from './init.js'
import { planInit } from './plan.js'
import { readTemplate } from './template.js'
import { writePlan } from './write.js'

const root = mkdtempSync(join(tmpdir(), 'midwatch-init-'))
const templates = resolve('templates')
let cwd = ''
let made = 0

beforeEach(() => {
  made += 1
  cwd = join(root, `Case ${made}`)
  mkdirSync(cwd)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const begin = (folder: string | null = null, template?: string) =>
  initialise({
    cwd,
    folder,
    template,
    midwatch: '^9.9.9',
    templates,
    asks: false,
    install: false,
    userAgent: undefined,
  })
const read = (path: string) => readFileSync(join(cwd, path), 'utf8')
const put = (path: string, text: string) => {
  mkdirSync(join(cwd, path, '..'), { recursive: true })
  writeFileSync(join(cwd, path), text)
}
const everything = () => readdirSync(cwd, { recursive: true }).map(String).sort()

describe('init', () => {
  it('writes the whole template into an empty folder', async () => {
    expect(await begin()).toMatchObject({ code: 'ok', installed: false })
    for (const { path, text } of readTemplate(templates, 'help-desk')) {
      if (path !== 'package.json') expect(read(path), path).toBe(text)
    }
    expect(JSON.parse(read('package.json'))).toMatchObject({
      name: `case-${made}`,
      type: 'module',
      dependencies: { midwatch: '^9.9.9' },
      scripts: { dev: 'midwatch dev', test: 'vitest run' },
    })
    expect(read('.gitignore')).toContain('.midwatch/')
  })

  it('makes the folder that is named, and says how to go on there', async () => {
    const done = await begin('my/desk')
    expect(done).toMatchObject({ code: 'ok', text: expect.stringContaining(`cd ${join('my', 'desk')}\n  npm install`) })
    expect(JSON.parse(read('my/desk/package.json')).name).toBe('desk')
  })

  it('adds to a project what it lacks, tells it, and changes nothing that stands there', async () => {
    put(
      'package.json',
      '{\n\t"name": "shop",\n\t"scripts": {\n\t\t"test": "jest"\n\t},\n\t"devDependencies": {\n\t\t"zod": "3"\n\t}\n}\n',
    )
    put('.gitignore', 'dist\nnode_modules')
    put('README.md', 'Mine.')
    put('src/shop.js', 'module.exports = {}')
    const done = await begin()
    expect(done).toMatchObject({ code: 'ok', plan: { kept: ['README.md'] } })
    expect(read('README.md')).toBe('Mine.')
    expect(read('.gitignore')).toBe('dist\nnode_modules\n.midwatch/\n.env\noffice.jsonl\n')
    expect(read('package.json')).toMatch(
      /^\{\n\t"name": "shop",\n\t"scripts": \{\n\t\t"test": "jest",\n\t\t"dev": "midwatch dev"/,
    )
    const manifest = JSON.parse(read('package.json'))
    expect(manifest).toMatchObject({ scripts: { test: 'jest' }, devDependencies: { zod: '3' } })
    expect(manifest.dependencies).toEqual({ '@ai-sdk/openai-compatible': expect.any(String), midwatch: '^9.9.9' })
    expect(manifest).not.toHaveProperty('type')
    const { text } = done as { text: string }
    for (const told of [
      'npm pkg set type=module',
      'scripts: dev (midwatch dev)',
      'Left as they are: README.md',
      '.midwatch/',
    ]) {
      expect(text).toContain(told)
    }
  })

  it('makes modules of what `npm init` has begun, and says so, where no code is there that it could change', async () => {
    const manifest = '{\n  "name": "new",\n  "main": "index.js",\n  "type": "commonjs"\n}\n'
    put('package.json', manifest)
    put('node_modules/other/index.js', '')
    put('.config/made.js', '')
    put('docs/site/package.json', '{}')
    put('docs/site/build.js', '')
    const done = await begin()
    expect(read('package.json')).toMatch(/"main": "index.js",\n {2}"type": "module"/)
    expect(done).toMatchObject({ text: expect.stringContaining('type: module (in place of commonjs)') })
    expect((done as { text: string }).text).not.toContain('npm pkg set')
  })

  it('leaves the type of a project alone that has code, and says what to do', async () => {
    put('package.json', '{\n  "name": "old",\n  "type": "commonjs"\n}\n')
    put('lib/deep/work.ts', 'export {}')
    const done = await begin()
    expect(JSON.parse(read('package.json')).type).toBe('commonjs')
    expect(done).toMatchObject({ plan: { isModule: false }, text: expect.stringContaining('npm pkg set type=module') })
  })

  it('takes a package.json that `npm install midwatch` made for a new project, and keeps its midwatch', async () => {
    put('package.json', '{\n  "dependencies": {\n    "midwatch": "file:../midwatch.tgz"\n  }\n}\n')
    await begin()
    expect(JSON.parse(read('package.json'))).toMatchObject({
      type: 'module',
      dependencies: { midwatch: 'file:../midwatch.tgz' },
    })
  })

  it('writes nothing where something stands in the way, and lists it', async () => {
    put('midwatch.config.ts', 'mine')
    put('desk', 'a file where a folder must be')
    const before = everything()
    const done = await begin()
    expect(done).toMatchObject({ code: 'in_the_way', text: expect.stringContaining('  midwatch.config.ts\n') })
    expect(done).toMatchObject({ plan: { inTheWay: expect.arrayContaining(['desk/agent.ts', 'midwatch.config.ts']) } })
    expect(everything()).toEqual(before)
    expect(read('midwatch.config.ts')).toBe('mine')
  })

  it('a second time, everything stands in the way', async () => {
    await begin()
    const before = everything()
    expect(await begin()).toMatchObject({ code: 'in_the_way' })
    expect(everything()).toEqual(before)
  })

  it('refuses a template that there is not, and a package.json that is no JSON, before anything is written', async () => {
    await expect(begin(null, 'cathedral')).rejects.toMatchObject({ code: 'usage' })
    put('package.json', '{ name: ')
    await expect(begin()).rejects.toMatchObject({ code: 'invalid_config' })
    expect(everything()).toEqual(['package.json'])
  })

  it('takes everything back when a write fails half-way', () => {
    put('package.json', '{\n  "name": "shop"\n}\n')
    const plan = planInit({ folder: cwd, templates, template: 'help-desk', midwatch: '1' })
    // Somebody was quicker with the last file.
    put('tsconfig.json', 'mine')
    const before = everything()
    expect(() => writePlan(plan)).toThrow(/EEXIST/)
    expect(everything()).toEqual(before)
    expect(read('tsconfig.json')).toBe('mine')
    expect(read('package.json')).toBe('{\n  "name": "shop"\n}\n')
  })

  it.runIf(process.getuid?.() !== 0)('says so where nothing may be written', async () => {
    chmodSync(cwd, 0o555)
    await expect(begin()).rejects.toThrow(/EACCES/)
    chmodSync(cwd, 0o755)
    expect(existsSync(join(cwd, 'package.json'))).toBe(false)
  })
})
