import { parseArgs } from 'node:util'
import { runNight } from './night/run-night.js'
import { reportLines, reportOf } from './report/report.js'

/** `npm start`: a sample inbox on a hostile night, on two desks. `--seed N` for another night, `--json` for the numbers. */
const { values } = parseArgs({ options: { seed: { type: 'string', default: '7' }, json: { type: 'boolean' } } })
const seed = Number(values.seed)
if (!Number.isSafeInteger(seed) || seed < 1) {
  process.stderr.write(`--seed ${values.seed}: give a whole number from 1.\n`)
  process.exit(2)
}

const from = performance.now()
const said = (line: string) => {
  process.stderr.write(`${((performance.now() - from) / 1_000).toFixed(1).padStart(5)}s  ${line}\n`)
}
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) process.exit(130)
    interrupted.abort()
  })
}

said(`night ${seed}: the refund desk and a naive loop, the same messages, the same faults`)
said('the model is scripted, so that the night repeats (set MIDWATCH_MODEL and OPENAI_API_KEY for a real one)')
const home = process.env.MIDWATCH_HOME ?? '.midwatch'
const report = reportOf(await runNight({ seed, home, said, signal: interrupted.signal }))
if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
else if (interrupted.signal.aborted) said('interrupted; nothing is left running')
else process.stdout.write(`${reportLines(report).join('\n')}\n`)
if (interrupted.signal.aborted) process.exitCode = 130
else if (!report.held) process.exitCode = 1
