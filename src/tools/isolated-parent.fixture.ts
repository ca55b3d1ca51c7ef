/** A worker reduced to one isolated call, for tests that stop or kill it: `FILE ACT BOUND_MS`. */
import { existsSync } from 'node:fs'
import { isolatedCall, warmIsolated } from './isolate.js'
import { witness } from './isolated.fixture.js'

const [file = '', act = '', boundMs = ''] = process.argv.slice(2)
const module = new URL('./isolated.fixture.ts', import.meta.url).href

// However slow the machine is, the whole bound is the tool's.
await warmIsolated(module)
const call = () => ({
  module,
  wire: { file, act },
  key: 'k',
  fence: 1,
  attempt: 1,
  runId: 'r',
  session: null,
  tenant: 't',
  principal: null,
  boundMs: Number(boundMs),
  signal: new AbortController().signal,
  secrets: { resolve: async () => '', concealText: (text: string) => text },
})

// Behind everything else on a busy machine a child may get to its bound before it gets to its tool.
do await isolatedCall(witness.spec, call()).catch(() => undefined)
while (!existsSync(file))
