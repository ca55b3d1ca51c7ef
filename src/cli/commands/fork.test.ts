import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agent, refuse } from 'midwatch'
import { scriptedModel } from 'midwatch/testing'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import config, { desk } from '../../../test/cli/desk.js'
import { terminal } from '../../../test/cli/terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-fork-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('lists the steps that one may go on from', async () => {
  const { say, desk } = terminal()
  const { id } = await desk('find W1; refund W1 12')
  const { out } = await say('fork', id)
  expect(out).toMatch(/1 +model#1 .*find_order/)
  expect(out).toMatch(/4 +issue_refund#1 +\{"amount":12,"orderId":"W1"\}/)
  expect(out).toContain('--from NUMBER')
})

it('goes on from a step of an export as it was recorded, and says so', async () => {
  const { say, desk } = terminal()
  const { id } = await desk('find W1; refund W1 12')
  const file = join(folder, 'run.json')
  writeFileSync(file, (await say('export', id, '--json')).out)
  const { out, exit } = await say('fork', file, '--from', '3')
  expect(out).toContain('from step 3 (model#2) on')
  expect(out).toMatch(/issue_refund#1 +as recorded +recorded/)
  expect(out).toMatch(/now: +completed/)
  expect(exit).toBe(0)
})

it('goes otherwise under another policy, and tells each step of both', async () => {
  const { ledger, desk: run } = terminal()
  const { id } = await run('find W1; refund W1 12')
  const tools = [...desk.definition.tools.values()].map((spec) => ({ name: spec.name, spec }))
  const strict = agent({
    name: 'desk',
    version: 2,
    model: scriptedModel({ replies: [] }),
    input: z.object({ message: z.string() }),
    outcome: z.object({ resolution: z.string() }),
    instructions: 'Do as you are told.',
    tools,
    rules: { issue_refund: () => refuse('policy', 'Not today.') },
  })
  const { say } = terminal({ ledger, options: { ...config, run: [strict] } })
  const { data } = await say('fork', id, '--from', 'issue_refund#1', '--json')
  expect(data.steps.map((s: { step: string; how: string }) => [s.step, s.how])).toEqual([
    ['model#1', 'given'],
    ['find_order#1', 'given'],
    ['model#2', 'given'],
    ['issue_refund#1', 'other'],
    ['model#3', 'same'],
  ])
  expect(data.steps[3].forked).toMatchObject({ status: 'refused', say: 'Not today.' })
})

it('asks for what it needs to know', async () => {
  const { say, desk } = terminal()
  const { id } = await desk('no')
  expect((await say('fork', id, '--from', '9')).err).toContain("has no step '9'; it has 1 model#1")
  expect((await say('fork', id, '--from', '1', '--model', 'other')).err).toContain("--model 'other' is none of")
  expect((await say('fork', id, '--from', '1', '--agent', 'nobody')).err).toContain('unknown_agent')
})
