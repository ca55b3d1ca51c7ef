import { BREAKER_MOVES, type BreakerMove, type BreakerRow } from '../../core/breakers.js'
import type { Entry } from '../../core/entries.js'
import type { RunFacts } from '../../core/invariants/facts.js'

/** A circuit breaker as it stands, with every move it made. */
export interface Breaker {
  readonly row: BreakerRow
  readonly moves: readonly BreakerMove[]
}

/** A breaker makes legal moves alone, one behind the other, and no round of it has more probes than it may. */
export function breakerRules(breakers: readonly Breaker[], runs: readonly RunFacts[]): string[] {
  const probes = runs.flatMap(({ entries }) => entries).filter(({ facts }) => facts.probe !== undefined)
  return breakers.flatMap((one) => [...brokenMoves(one), ...tooManyProbes(one, probes)])
}

function brokenMoves({ row, moves }: Breaker): string[] {
  const last = moves.at(-1)
  const faults = moves.flatMap((move, i) => {
    const before = moves[i - 1]?.state ?? 'closed'
    const isLegal = BREAKER_MOVES.some(([was, state]) => was === move.was && state === move.state)
    const follows = move.was === before && move.revision === i + 1
    return isLegal && follows
      ? []
      : [`The breaker ${row.key} moved from ${move.was} to ${move.state} behind ${before}.`]
  })
  return last?.state === row.state && last.revision === row.revision
    ? faults
    : [...faults, `The breaker ${row.key} is ${row.state}, and its last move went to ${last?.state ?? 'nothing'}.`]
}

function tooManyProbes({ row, moves }: Breaker, entries: readonly Entry[]): string[] {
  const rounds = moves.filter(({ state }) => state === 'half_open')
  return rounds.flatMap(({ revision }) => {
    const of = entries.filter(({ facts }) => facts.probe?.key === row.key && facts.probe.revision === revision)
    if (of.length <= row.probesMost) return []
    return [`${of.length} probes of the breaker ${row.key} began in one round of ${row.probesMost}.`]
  })
}
