import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { verbsFor } from '../src/cli/commands.js'

/** The dead-code finder brings a reader of YAML along. */
const { load } = createRequire(createRequire(import.meta.url).resolve('knip'))('js-yaml') as {
  load: (text: string) => unknown
}

interface Step {
  readonly name?: string
  readonly run?: string
  readonly if?: string
  readonly with?: { readonly path?: string }
}

const text = readFileSync('examples/github-actions/rehearse.yml', 'utf8')
const pipeline = load(text) as Readonly<Record<string, { readonly rehearse: { readonly steps: readonly Step[] } }>>
const steps = pipeline.jobs?.rehearse.steps ?? []

it('is YAML, and cannot be anything else', () => {
  expect(Object.keys(pipeline)).toEqual(['name', 'on', 'permissions', 'jobs'])
  expect(() => load(text.replace('jobs:', '  jobs'))).toThrow()
})

it('rehearses with options that there are', async () => {
  const run = steps.find(({ name }) => name === 'Rehearse')?.run ?? ''
  const [rehearse] = await verbsFor('rehearse')
  const known = rehearse?.options?.map(([flags]) => flags.split(' ')[0])
  const used = run.match(/--[a-z]+/g) ?? []
  expect(run).toMatch(/^npx midwatch rehearse /)
  expect(used).toEqual(['--cases', '--seed', '--html', '--junit'])
  for (const option of used) expect(known).toContain(option)
})

it('keeps the report, above all when something broke', () => {
  const keep = steps.find(({ name }) => name === 'Keep the report')
  expect(keep?.if).toBe('always()')
  expect(keep?.with?.path?.trim().split('\n')).toEqual(['rehearsal.html', 'rehearsal.xml'])
})
