import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { nextResult } from './result.js'

it('results have 600 bytes each, differ, and are no smaller in a row than alone', () => {
  const all = Array.from({ length: 64 }, nextResult)
  expect(new Set(all.map((one) => JSON.stringify(one).length))).toEqual(new Set([600]))
  expect(new Set(all.map(({ text }) => text)).size).toBe(64)
  const packed = (values: readonly unknown[]) => gzipSync(JSON.stringify(values)).length
  expect(packed(all) / 64).toBeGreaterThan(packed(all.slice(0, 1)) / 2)
})
