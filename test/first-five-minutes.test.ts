import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { verbsFor } from '../src/cli/commands.js'

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
