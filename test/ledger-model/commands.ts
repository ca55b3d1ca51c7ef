import fc from 'fast-check'
import type { Settlement } from '../../src/core/entries.js'
import { DECISIONS, ESCALATION_KINDS } from '../../src/core/escalation.js'
import type { Window } from '../../src/core/meters.js'
import { OUTCOMES } from '../../src/core/states.js'

/**
 * What may happen on a ledger, in numbers that are resolved when it happens: `pick` chooses among what is there then.
 * So every sequence makes sense, and shrinking keeps it so.
 */
export type Command =
  | { readonly do: 'register'; readonly leaseMs: number }
  | { readonly do: 'heartbeat' | 'retire'; readonly worker: number }
  | {
      readonly do: 'admit'
      readonly tenant: number
      readonly session: number | null
      readonly key: number | null
      readonly input: number
      readonly deadlineMs: number
    }
  | { readonly do: 'claim'; readonly worker: number; readonly run: number | null; readonly limit: number }
  /** `late`: made now, sent by a later `deliver`, after ops that were made after it. */
  | { readonly do: 'apply'; readonly ops: readonly OpWish[]; readonly late: boolean }
  | { readonly do: 'deliver'; readonly pick: number }
  /** A twin: an op that was sent before comes again, under its own fence, the present one, or for a run that is not there. */
  | { readonly do: 'again'; readonly pick: number; readonly as: 'own' | 'current' | 'nobody' }
  /** Everything open is put in doubt, and the run parks or ends: as a worker does that must stop. */
  | { readonly do: 'leave'; readonly ops: readonly OpWish[] }
  | { readonly do: 'engage'; readonly scope: number; readonly run: number; readonly mode: 'hold' | 'end' }
  | { readonly do: 'release'; readonly pick: number }
  | { readonly do: 'sweep' | 'notices' }
  | { readonly do: 'ceiling'; readonly tenant: number; readonly per: Window; readonly limit: number | null }
  | {
      readonly do: 'answer'
      readonly pick: number
      /** null: one that fits the question. */
      readonly decision: (typeof DECISIONS)[number] | null
      readonly args: 'shown' | 'others' | 'none'
      readonly by: 'ann' | 'bob' | 'cleo'
      readonly changes: boolean
    }
  | { readonly do: 'wake' | 'erase'; readonly run: number }
  /** Children of a run, alone or in a group of which two are due at a time. */
  | {
      readonly do: 'child'
      readonly run: number
      readonly fence: 'current' | 'old'
      readonly count: number
      readonly step: number
      /** Place of the first in the group; null: outside of one. */
      readonly no: number | null
      readonly key: number | null
      readonly deadlineMs: number
    }
  /** `total` null: as many as there are. */
  | { readonly do: 'seal'; readonly run: number; readonly step: number; readonly total: number | null }
  /** What the fleet's calls, or a person, do to one of two breakers. `stale`: as it was seen a move ago. */
  | {
      readonly do: 'breaker'
      readonly key: number
      readonly how: 'open' | 'closed' | 'isolate' | 'release'
      readonly seen: 'right' | 'stale'
    }
  /** Clocks step back too. */
  | { readonly do: 'pass'; readonly ms: number }

/** Everything an op of any kind may want; what a kind has no use for is ignored. */
export interface OpWish {
  readonly kind: 'begin' | 'again' | 'doubt' | 'settle' | 'note' | 'park' | 'end' | 'audit'
  readonly run: number
  /** Among the runs that somebody holds, or among all. */
  readonly of: 'held' | 'all'
  readonly fence: 'current' | 'old'
  readonly seq: 'next' | 'taken' | 'far'
  readonly pick: number
  readonly tool: number | null
  readonly effect: {
    readonly key: number
    readonly args: number
    /** Key of the first tool that it takes back; effects of the second tool alone do. */
    readonly undoes: number | null
  } | null
  readonly saw: 'right' | 'stale' | 'none'
  readonly resend: 'late' | 'early'
  readonly locks: readonly number[]
  readonly charges: readonly ChargeWish[]
  readonly did: Settlement
  readonly used: readonly (number | null)[]
  readonly dueAt: number | null
  readonly dueInMs: number | null
  readonly unseen: number
  readonly questions: readonly QuestionWish[]
  readonly expires: number | null
  readonly outcome: (typeof OUTCOMES)[number]
  /** An end after which another run goes on. */
  readonly goesOn?: boolean
  /** The breaker that a begin names. */
  readonly breaker?: number | null
}

export interface ChargeWish {
  readonly meter: number
  readonly amount: number
  readonly limit: number | null
}

export interface QuestionWish {
  readonly id: number
  readonly kind: (typeof ESCALATION_KINDS)[number]
  readonly args: number
  readonly rung: number
  readonly notBeforeMs: number | null
}

/** Likely first; a rare choice is one in twenty. */
const mostly = <T>(likely: T, ...rare: T[]) =>
  fc.oneof({ weight: 19, arbitrary: fc.constant(likely) }, { weight: 1, arbitrary: fc.constantFrom(...rare) })

const pick = fc.nat(99)
const small = fc.nat(2)
const few = fc.nat(1)
const orNull = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null })

/** Meters up to 5 are those of any run, the others of runs above. */
const chargeOf = (meters: number): fc.Arbitrary<ChargeWish> =>
  fc.record({
    meter: fc.nat(meters),
    amount: fc.nat(6),
    limit: orNull(fc.integer({ min: 4, max: 14 })),
  })

const question: fc.Arbitrary<QuestionWish> = fc.record({
  id: small,
  kind: fc.constantFrom(...ESCALATION_KINDS),
  args: few,
  rung: few,
  notBeforeMs: orNull(fc.constantFrom(0, 2_000)),
})

const kind = fc.oneof(
  { weight: 8, arbitrary: fc.constant('begin' as const) },
  { weight: 4, arbitrary: fc.constant('again' as const) },
  { weight: 5, arbitrary: fc.constant('doubt' as const) },
  { weight: 8, arbitrary: fc.constant('settle' as const) },
  { weight: 2, arbitrary: fc.constantFrom('note' as const, 'audit' as const) },
  { weight: 1, arbitrary: fc.constantFrom('park' as const, 'end' as const) },
)

/** What an op may want beside what every op may: in a tree of runs, and where there are breakers. */
interface More {
  readonly meters: number
  readonly more: Record<string, fc.Arbitrary<unknown>>
}
const IN_TREES: More = { meters: 8, more: { goesOn: fc.boolean() } }
const WITH_BREAKERS: More = { meters: 5, more: { breaker: mostly(0, 1, null) } }

const wishOf = (kinds: fc.Arbitrary<OpWish['kind']>, trees?: More): fc.Arbitrary<OpWish> =>
  fc.record({
    kind: kinds,
    run: pick,
    of: mostly('held' as const, 'all' as const),
    fence: fc.oneof(
      { weight: 9, arbitrary: fc.constant('current' as const) },
      { weight: 1, arbitrary: fc.constant('old' as const) },
    ),
    seq: mostly('next' as const, 'taken' as const, 'far' as const),
    pick,
    tool: orNull(few),
    effect: orNull(fc.record({ key: few, args: mostly(0, 1), undoes: orNull(few) })),
    saw: mostly('right' as const, 'stale' as const, 'none' as const),
    resend: fc.constantFrom('late' as const, 'early' as const),
    locks: fc.array(few, { maxLength: 2 }),
    charges: fc.array(chargeOf(trees?.meters ?? 5), { maxLength: 3 }),
    did: fc.constantFrom('performed' as const, 'not_performed' as const, 'failed' as const),
    used: fc.array(orNull(fc.nat(9)), { minLength: 3, maxLength: 3 }),
    dueAt: orNull(fc.integer({ min: -10, max: 9_000 })),
    dueInMs: orNull(fc.nat(9_000)),
    unseen: mostly(0, 1),
    questions: fc.array(question, { maxLength: 2 }),
    expires: fc.option(small, { nil: null, freq: 3 }),
    outcome: fc.constantFrom(...OUTCOMES),
    ...trees?.more,
  })

const worker = small
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      do: fc.constant('apply' as const),
      ops: fc.oneof(
        { weight: 3, arbitrary: fc.tuple(wishOf(kind)) },
        { weight: 1, arbitrary: fc.array(wishOf(kind), { minLength: 2, maxLength: 4 }) },
      ),
      late: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), pick }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('again' as const),
      pick,
      as: fc.constantFrom('own' as const, 'own' as const, 'current' as const, 'current' as const, 'nobody' as const),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('leave' as const),
      ops: fc.array(wishOf(fc.constantFrom('park' as const, 'end' as const)), { minLength: 1, maxLength: 1 }),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      worker,
      run: orNull(pick),
      limit: fc.constantFrom(1, 2, 100),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(1, 100, 1_250, 1_250, 5_000) },
        { weight: 1, arbitrary: fc.constantFrom(60_000, 3_600_000, 86_400_000, -700) },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      tenant: few,
      session: fc.constantFrom(0, 0, null),
      key: orNull(few),
      input: mostly(0, 1),
      deadlineMs: fc.constantFrom(2_000, 9_000_000_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('engage' as const),
      scope: fc.nat(5),
      run: pick,
      mode: fc.constantFrom('hold' as const, 'end' as const),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      pick,
      decision: fc.oneof(
        { weight: 4, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.constantFrom(...DECISIONS) },
      ),
      args: fc.constantFrom('shown' as const, 'shown' as const, 'none' as const, 'others' as const),
      by: fc.constantFrom('ann' as const, 'bob' as const, 'cleo' as const),
      changes: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('ceiling' as const),
      tenant: few,
      per: fc.constantFrom('total' as const, 'day' as const),
      limit: orNull(fc.nat(20)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('register' as const), leaseMs: fc.constantFrom(20_000, 900_000) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('heartbeat' as const, 'retire' as const), worker }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('wake' as const, 'erase' as const), run: pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('sweep' as const, 'notices' as const) }) },
)

/** A night on the ledger. */
export const commands = fc.noBias(fc.array(command, { minLength: 8, maxLength: 80, size: 'max' }))

const child: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('child' as const), run: pick, fence: mostly('current' as const, 'old' as const) },
  ...{
    count: fc.integer({ min: 1, max: 4 }),
    step: few,
    no: orNull(fc.nat(9)),
    key: fc.option(small, { nil: null, freq: 2 }),
  },
  deadlineMs: mostly(9_000_000_000, 2_000),
})

const ends = fc.constantFrom('park' as const, 'end' as const, 'end' as const)
const treeCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 60, arbitrary: command },
  { weight: 14, arbitrary: child },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('seal' as const), run: pick, step: few, total: orNull(small) }) },
  {
    weight: 20,
    arbitrary: fc.record({
      ...{ do: fc.constant('apply' as const), late: mostly(false, true) },
      ops: fc.array(wishOf(kind, IN_TREES), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('leave' as const),
      ops: fc.array(wishOf(ends, IN_TREES), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      worker,
      run: fc.constant(null),
      limit: fc.constant(100),
    }),
  },
)

/** A night with trees of runs: children two deep, groups, and runs that go on from runs. */
export const treeCommands = fc.noBias(fc.array(treeCommand, { minLength: 8, maxLength: 80, size: 'max' }))

const begins = fc.oneof(
  { weight: 4, arbitrary: fc.constant('begin' as const) },
  { weight: 1, arbitrary: fc.constantFrom('again' as const, 'settle' as const, 'doubt' as const) },
)
const breakerCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 30, arbitrary: command },
  {
    weight: 40,
    arbitrary: fc.record({
      ...{ do: fc.constant('apply' as const), late: mostly(false, true) },
      ops: fc.array(wishOf(begins, WITH_BREAKERS), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 15,
    arbitrary: fc.record({
      do: fc.constant('breaker' as const),
      key: mostly(0, 1),
      how: fc.constantFrom(
        'open' as const,
        'open' as const,
        'closed' as const,
        'closed' as const,
        'isolate' as const,
        'release' as const,
        'release' as const,
      ),
      seen: mostly('right' as const, 'stale' as const),
    }),
  },
)

/** A night with circuit breakers that open, are probed, close, and are isolated by hand. */
export const breakerCommands = fc.noBias(fc.array(breakerCommand, { minLength: 8, maxLength: 60, size: 'max' }))
