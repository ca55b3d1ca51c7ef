import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { verbsFor } from '../src/cli/commands.js'
import { midwatchBinary } from './cli/binary.js'

const page = readFileSync('docs/first-five-minutes.md', 'utf8')
const verbs = await verbsFor(undefined)
const names = verbs.map(({ usage }) => usage.split(' ')[0])
const commands = [...page.matchAll(/^npx midwatch (\S+)(.*)$/gm)].map(([, name = '', rest = '']) => ({ name, rest }))

it('has commands that there are, with options that they take', () => {
  expect(commands.length).toBeGreaterThan(6)
  for (const { name, rest } of commands) {
    expect(names).toContain(name)
    const known = verbs
      .find(({ usage }) => usage.split(' ')[0] === name)
      ?.options?.map(([flags]) => flags.split(' ')[0])
    for (const option of rest.replace(/'[^']*'/g, '').match(/--[a-z]+/g) ?? []) expect(known).toContain(option)
  }
})

it('gives inputs that the help desk takes', async () => {
  const { helpDesk } = await import('../templates/help-desk/desk/agent.js')
  const inputs = [...page.matchAll(/--input '([^']+)'/g)].map(([, text = '']) => JSON.parse(text))
  expect(inputs.length).toBe(3)
  for (const input of inputs)
    expect(await helpDesk.definition.input['~standard'].validate(input)).not.toHaveProperty('issues')
})

it('names files of the template, and points at pages that are there', () => {
  const files = [...page.matchAll(/^\| `([^|]+)` \|/gm)].flatMap(([, cell = '']) => cell.split('`, `'))
  expect(files.length).toBeGreaterThan(7)
  expect(files.filter((file) => !ts.sys.fileExists(join('templates/help-desk', file)))).toEqual([])
  const links = [...page.matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => join('docs', link))
  expect(links.filter((link) => !ts.sys.fileExists(link))).toEqual([])
})

it('shows how to break the template, and then it breaks as it says', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'midwatch-five-'))
  const change = (file: string, was: RegExp, is: string) => {
    const text = readFileSync(join(folder, file), 'utf8')
    expect(text.match(was), file).toHaveLength(1)
    writeFileSync(
      join(folder, file),
      text.replace(was, () => is),
    )
  }
  try {
    cpSync('templates/help-desk', folder, { recursive: true })
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
    const [tool = '', standIn = ''] = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block)
    change('desk/tools.ts', /^export const grantAccess = tool\(\{\n[\s\S]*?^\}\)\n/m, tool)
    change('rehearsals/help-desk.ts', /^ {4}grant_access: .*\n/m, standIn)
    const { say } = await midwatchBinary({ cwd: folder })
    const command = commands.find(({ name }) => name === 'rehearse')
    const said = await say('rehearse', ...(command?.rest.trim().split(' ') ?? []))
    expect(said.out).toContain('grant_access acted more than once under the key')
    expect(said.out).toMatch(/^ {2}npx midwatch rehearse rehearsals\/help-desk\.ts --story .* --strike /m)
    expect(said.exit).toBe(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
