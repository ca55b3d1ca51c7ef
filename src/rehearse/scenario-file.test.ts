import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { loadScenarios } from './scenario-file.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-scenarios-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, `${name}.mjs`)
  writeFileSync(path, text)
  return path
}

const one = (name: string) => `{ name: '${name}', options: { stories: [{ name: 'a', messages: [] }] } }`
const names = async (...files: string[]) => (await loadScenarios(files)).map(({ scenario }) => scenario.name)

it('finds scenarios under any name, in arrays, and each once', async () => {
  const path = file(
    'several',
    `export const a = ${one('a')}\nexport const more = [a, ${one('b')}]\nexport default a\nexport const other = 1`,
  )
  expect(new Set(await names(path))).toEqual(new Set(['a', 'b']))
})

it.each([
  ['none', 'export const a = { name: "a" }', 'it exports no scenario'],
  ['broken', 'throw new Error("half written")', 'could not be loaded: half written'],
  ['twice', `export const a = ${one('a')}\nexport const b = ${one('a')}`, "a second scenario is called 'a'"],
])('refuses a file with %s', async (name, text, what) => {
  const code = 'invalid_rehearsal'
  await expect(names(file(name, text))).rejects.toMatchObject({ code, message: expect.stringContaining(what) })
})

it('says which file is not there', async () => {
  await expect(names(join(folder, 'nowhere.mjs'))).rejects.toMatchObject({
    code: 'invalid_rehearsal',
    message: expect.stringContaining('nowhere.mjs: there is no such file'),
  })
})
