import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { LIMITS } from '../src/core/limits.js'
import { health } from '../src/http/health.js'

const page = readFileSync('docs/operating.md', 'utf8')
const numberIn = (pattern: RegExp): number => Number(pattern.exec(page)?.[1] ?? Number.NaN)

it('the pods of the page have time to settle what they have under way', () => {
  const stopS = (LIMITS.http_close_ms + LIMITS.stop_ms) / 1_000
  const graceS = numberIn(/terminationGracePeriodSeconds: (\d+)/)
  expect(graceS).toBeGreaterThan(numberIn(/command: \[sleep, "(\d+)"\]/) + stopS)
})

it('the probes of the page are routes that everybody may ask, and readiness waits for the answer', () => {
  const asked = [...page.matchAll(/httpGet: \{ path: (\S+),/g)].map(([, path]) => path)
  const open = health.filter(({ role }) => role === null).map(({ path }) => path)
  expect(asked).toEqual(['/healthz', '/healthz', '/readyz'])
  expect(open).toEqual(expect.arrayContaining(asked))
  // The ledger has two seconds for its answer.
  expect(numberIn(/timeoutSeconds: (\d+)/)).toBeGreaterThan(2)
})

it('the page knows the defaults', () => {
  expect(page).toContain(`${LIMITS.lease_ms / 1_000 === 10 ? 'ten' : 'other'} seconds, \`worker.lease\``)
  expect(1_000 / LIMITS.poll_ms).toBe(2)
})
