import type { Ledger } from 'midwatch'

type Op = Parameters<Ledger['apply']>[0][number]
export type BeginOp = Extract<Op, { kind: 'begin' }>
export type SettleOp = Extract<Op, { kind: 'settle' }>
type Ceiling = Awaited<ReturnType<Ledger['ceilings']>>[number]

/** What the runtime writes for one step, taken from a journal, so that the same can be written without it. */
export interface Sample {
  readonly begin: Omit<BeginOp, 'runId' | 'fence' | 'seq'>
  readonly settle: Omit<SettleOp, 'runId' | 'fence' | 'seq' | 'ref'>
  /** Names of the run's own meters. */
  readonly meters: readonly string[]
  /** Operators' ceilings, which the ledger looks at on each grant. */
  readonly ceilings: readonly Pick<Ceiling, 'scope' | 'meter' | 'per' | 'limit'>[]
}

const GRACE_MS = 250
/** A floor goes on with one run where the runtime starts another: its ceilings must not be in the way. */
const ROOM = 1_000_000

/** Reads the second step of an ended run, for its writes are those of every later one. */
export async function sampleOf(ledger: Ledger, runId: string): Promise<Sample> {
  const entries = await ledger.journal({ runId })
  const begin = entries.filter((e) => e.kind === 'begin')[1]
  const settle = entries.find((e) => e.kind === 'settle' && e.ref === begin?.seq)
  const run = await ledger.run({ runId })
  if (!begin || !settle || !run) throw new Error(`Run ${runId} has no second step to take a sample of.`)
  const { step, attempt, tool, actsUntil, charges, effect } = begin.facts
  return {
    begin: {
      kind: 'begin',
      step: step ?? '',
      attempt: attempt ?? 1,
      tool: tool ?? null,
      timeoutMs: (actsUntil ?? begin.at) - begin.at - GRACE_MS,
      settlesMs: 0,
      charges: (charges ?? []).map(({ at, scope, meter, kind, per, amount, limit }) => ({
        ...{ at, scope, meter, kind, per, amount },
        limit: limit === null ? null : limit * ROOM,
      })),
      ...(effect ? { effect: { tool: effect.tool, key: effect.key, args: effect.args } } : {}),
      salt: begin.salt,
      body: begin.body ?? '{}',
    },
    settle: {
      kind: 'settle',
      did: settle.facts.did ?? 'performed',
      used: settle.facts.used ?? [],
      salt: settle.salt,
      body: settle.body ?? '{}',
    },
    meters: Object.keys(run.meters),
    ceilings: (await ledger.ceilings()).map(({ scope, meter, per, limit }) => ({ scope, meter, per, limit })),
  }
}
