import type { InvariantId } from '../../core/invariants/invariant.js'
import type { Verdict } from '../verdict.js'

/** What a case can break: an invariant, or something that its scenario expects. */
export type Row = InvariantId | 'expectations'

/** One thing that a case broke, told apart from other such things but not by ids and numbers. */
export interface BrokenThing {
  readonly row: Row
  /** The sentence, of which ids and numbers are taken out. */
  readonly what: string
}

/** Everything that a verdict says is broken, each once. */
export function brokenThings(verdict: Verdict): BrokenThing[] {
  const things = [
    ...verdict.violations.map(({ invariant, what }): BrokenThing => ({ row: invariant, what: plain(what) })),
    ...verdict.broken.map((what): BrokenThing => ({ row: 'expectations', what: plain(what) })),
  ]
  if (things.length === 0 && !verdict.ok) things.push({ row: 'expectations', what: 'the case did not hold' })
  return [...new Map(things.map((thing) => [thingKey(thing), thing])).values()]
}

export const thingKey = ({ row, what }: BrokenThing): string => `${row}: ${what}`

/** Whether a verdict breaks this again. Sentences of one invariant may differ; those of expectations are what is expected. */
export function breaksAgain(verdict: Verdict, { row, what }: BrokenThing): boolean {
  return brokenThings(verdict).some((one) => one.row === row && (row !== 'expectations' || one.what === what))
}

/** How a verdict says it, with ids and numbers. */
export function saidOf(verdict: Verdict, { row, what }: BrokenThing): string {
  const said = row === 'expectations' ? verdict.broken : sentences(verdict, row)
  return said.find((sentence) => plain(sentence) === what) ?? said[0] ?? what
}

function sentences({ violations }: Verdict, row: InvariantId): string[] {
  return violations.filter(({ invariant }) => invariant === row).map(({ what }) => what)
}

function plain(sentence: string): string {
  return sentence
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, 'ID')
    .replace(/\b[0-9a-f]{12,}\b/gi, 'HEX')
    .replace(/\d+(\.\d+)?/g, 'N')
}
