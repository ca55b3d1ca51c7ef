import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'
import { bodyDigest, chainHash, headerOf } from '../../core/chain.js'
import type { Entry } from '../../core/entries.js'

it('an export holds all of a run, and its chain can be checked by whoever has it', async () => {
  const { say, desk } = terminal()
  const run = await desk('find lost; refund lost 5; letter ann')
  const { data } = await say('export', run.id)
  expect(data).toMatchObject({ form: 'midwatch.run/1', run: { runId: run.id }, evidence: [], mail: [] })
  expect(data.effects.map((one: { tool: string }) => one.tool).sort()).toEqual(['issue_refund', 'send_letter'])
  expect(data.escalations).toHaveLength(1)
  const entries = data.entries as Entry[]
  let before = ''
  for (const entry of entries) {
    expect(bodyDigest(entry.salt, entry.body ?? '')).toBe(entry.digest)
    before = chainHash(before, headerOf(entry), entry.digest)
    expect(before).toBe(entry.hash)
  }
  expect(data.run.headHash).toBe(before)
})

it('an export goes into a file that was named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'midwatch-export-'))
  const { say, desk } = terminal({ over: { cwd: folder } })
  const run = await desk('no')
  const said = await say('export', run.id.slice(-8), '--out', 'run.json')
  expect(said.out).toContain(join(folder, 'run.json'))
  expect(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')).run.runId).toBe(run.id)
  rmSync(folder, { recursive: true })
})
