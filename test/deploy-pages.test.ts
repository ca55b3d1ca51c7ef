import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { assemble, type MidwatchOptions } from '../src/runtime.js'
import { ByHand } from './by-hand.js'
import { blocksOf, TWO_VERSIONS } from './pages/blocks.js'
import type { Anything } from './replay.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-pages-'))
const files = Object.fromEntries(
  ['versions', 'schedules'].flatMap((page) =>
    blocksOf(`docs/${page}.md`).map(({ code }, n) => [`${page}-${n}.ts`, code]),
  ),
)
const load = (file: string) => import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href)

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  for (const [file, text] of Object.entries({ ...files, 'agents.ts': TWO_VERSIONS }))
    writeFileSync(join(folder, file), text)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hand = new ByHand()
afterEach(() => hand.stop())

it('the flow of the page runs by itself each night', async () => {
  const { nightly } = (await load('schedules-0.ts')) as { nightly: Anything }
  await hand.runtime([nightly])
  const ended = async () => (await hand.ledger.runs({})).filter(({ outcome }) => outcome === 'completed')
  await hand.until(async () => (await ended()).length === 2, 300_000)
  // Two o'clock in Berlin, in winter.
  expect((await ended()).map(({ key }) => key).sort()).toEqual([
    'tick:nightly:2025-01-01T01:00:00.000Z',
    'tick:nightly:2025-01-02T01:00:00.000Z',
  ])
})

it('the canary of the page takes about a tenth', async () => {
  const { default: options } = (await load('versions-0.ts')) as { default: MidwatchOptions }
  const mw = await assemble({ ...options, worker: false }, { ledger: memoryLedger() })
  const [stable] = options.run as [Anything]
  for (let n = 0; n < 300; n += 1) await mw.start(stable, { input: {}, session: `s${n}` })
  const runs = await mw.ledger.runs({ limit: 1_000 })
  const share = runs.filter(({ version }) => version === 2).length / runs.length
  expect(share).toBeGreaterThan(0.04)
  expect(share).toBeLessThan(0.18)
  await mw.stop()
})

it.each(['versions', 'schedules'])('the page of %s points at pages that are there', (page) => {
  const text = readFileSync(`docs/${page}.md`, 'utf8')
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link)
  expect(links.filter((link) => !existsSync(join('docs', link)))).toEqual([])
})
