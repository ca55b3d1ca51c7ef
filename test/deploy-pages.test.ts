import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { assemble, type MidwatchOptions } from '../src/runtime.js'
import { ByHand } from './by-hand.js'
import type { Anything } from './replay.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-pages-'))
/** What the page of versions imports: two versions of an agent. */
const AGENTS = `import { flow } from 'midwatch'
import { z } from 'zod'
const version = (no: number) => flow({ name: 'refund-desk', version: no, input: z.object({}), run: async () => no })
export const refundDesk = version(1)
export const refundDeskV2 = version(2)
`
const snippetsOf = (page: string) =>
  [...readFileSync(`docs/${page}.md`, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = '']) => text)
const files = Object.fromEntries(
  ['versions', 'schedules'].flatMap((page) => snippetsOf(page).map((text, n) => [`${page}-${n}.ts`, text])),
)
const load = (file: string) => import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href)

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  for (const [file, text] of Object.entries({ ...files, 'agents.ts': AGENTS })) writeFileSync(join(folder, file), text)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hand = new ByHand()
afterEach(() => hand.stop())

it('the pages of versions and schedules show code that compiles', () => {
  expect(Object.keys(files).sort()).toEqual(['schedules-0.ts', 'versions-0.ts'])
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
  const program = ts.createProgram(
    Object.keys(files).map((file) => join(folder, file)),
    options,
  )
  const faults = program
    .getRootFileNames()
    .flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  expect(faults).toEqual([])
}, 60_000)

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
  expect(links.filter((link) => !ts.sys.fileExists(join('docs', link)))).toEqual([])
})
