import { readFileSync } from 'node:fs'
import { expectSurvival, rehearse } from 'midwatch/rehearse'
import { expect, it } from 'vitest'
import { helpDesk } from '../templates/help-desk/desk/agent.js'
import scenario from '../templates/help-desk/rehearsals/help-desk.js'
import { readSources } from './sources.js'

const manifest = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

it('the help desk holds under each fault of a tool, and its calm stories end as meant', {
  timeout: 60_000,
}, async () => {
  const options = { mode: 'enumerate', pairs: 0, faults: ['tools'], file: 'rehearsals/help-desk.ts' } as const
  const report = await rehearse(scenario, options)
  expectSurvival(report)
  expect(report.cases).toBeGreaterThan(60)
})

it('gives a stranger nothing where the answer about them has another shape', { timeout: 60_000 }, async () => {
  const options = { mode: 'enumerate', pairs: 0, faults: ['tool_wrong_shape'], seed: 3 } as const
  const report = await rehearse(scenario, options)
  expectSurvival(report)
  expect(report.scenarios[0]?.tally.faults.tool_wrong_shape?.bitten).toBeGreaterThan(0)
})

it('has one tool of each effect class', () => {
  const classes = [...helpDesk.definition.tools.values()].map(({ effect }) => effect)
  expect(classes.sort()).toEqual(['checked', 'keyed', 'once', 'read'])
})

it('depends on the versions that this package is tested with', () => {
  const own = manifest('package.json')
  const known = { ...own.dependencies, ...own.devDependencies, midwatch: '*' }
  const { dependencies, devDependencies, engines } = manifest('templates/help-desk/package.json')
  expect(Object.entries({ ...dependencies, ...devDependencies }).filter(([name, at]) => known[name] !== at)).toEqual([])
  expect(engines).toEqual(own.engines)
})

it('has a README of at most twenty lines, and names no file that is not there', () => {
  const files = readSources('templates/help-desk', () => true).map(({ path }) =>
    path.replace('templates/help-desk/', ''),
  )
  const text = readFileSync('templates/help-desk/README.md', 'utf8')
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(20)
  const named = [...text.matchAll(/`([\w./-]+\.(?:ts|example))`/g)].map(([, path]) => path ?? '')
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((path) => !files.includes(path))).toEqual([])
})
