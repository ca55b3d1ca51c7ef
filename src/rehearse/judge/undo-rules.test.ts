import { expect, it } from 'vitest'
import { type Line, runOf } from './journal.fixture.js'
import { undoRules } from './undo-rules.js'

const PASS = 'wind_down/undo#1'
const begin = (key: string): Line => ({
  kind: 'begin',
  at: 0,
  facts: { step: `${key}#1`, tool: 'pay', effect: { tool: 'pay', key, args: '', attempt: 1 } },
})
const undo = (key: string, step = `${PASS}/pay.undo#1`, attempt = 1): Line => ({
  kind: 'begin',
  at: 0,
  facts: {
    step,
    tool: 'pay.undo',
    effect: { tool: 'pay.undo', key: `u-${key}`, args: '', attempt: 1, undoes: { tool: 'pay', key, attempt } },
  },
})
const did = (ref: number, did: 'performed' | 'not_performed' = 'performed'): Line => ({
  kind: 'settle',
  at: 0,
  ref,
  facts: { did },
})
const two = [begin('a'), did(1), begin('b'), did(3)]
const rules = (lines: readonly Line[]) => undoRules([runOf(lines)])

it('the newest effect is taken back first, each once', () => {
  expect(rules([...two, undo('b'), did(5), undo('a', `${PASS}/pay.undo#2`), did(7)])).toEqual([])
})

it('an undo that did not act is tried again, in its place or in a later pass', () => {
  const again = undo('b', 'wind_down/undo#2/pay.undo#1')
  expect(
    rules([...two, undo('b'), did(5, 'not_performed'), undo('b'), did(7, 'not_performed'), again, did(9)]),
  ).toEqual([])
})

it.each([
  ['of what was never confirmed', [begin('a'), did(1, 'not_performed'), undo('a')], 'was never confirmed (entry 3)'],
  ['of another attempt', [begin('a'), did(1), undo('a', undefined, 2)], 'was never confirmed (entry 3)'],
  ['twice', [...two, undo('b'), did(5), undo('b', 'undo#2/pay.undo#1'), did(7)], 'took the same effect back twice'],
  [
    'in the order in which it was done',
    [...two, undo('a'), did(5), undo('b'), did(7)],
    'was begun before what was confirmed later',
  ],
] as const)('an undo %s is found', (_, lines, what) => {
  const found = rules(lines)
  expect(found).toHaveLength(what.startsWith('was begun') ? 1 : found.length)
  expect(found[0]).toContain(what)
})
