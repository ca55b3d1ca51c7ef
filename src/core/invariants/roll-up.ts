import type { ProofSum } from '../sessions.js'
import { type Family, ownMeterKey } from './families.js'
import { type Move, type Tally, tallyMove } from './fold.js'
import type { Tell } from './invariant.js'

/** What descendants charged to the own meters of runs above them. */
export class RollUp {
  /** By scope, then by meter. */
  private readonly sums = new Map<string, Map<string, Tally & { readonly isPeak: boolean }>>()

  add(move: Move): void {
    const { scope, meter, kind } = move.charge
    tallyMove(this.sumOf(scope, meter, kind === 'peak'), move)
  }

  /** What a pruned journal has left. */
  addSum({ scope, meter, kind, used }: ProofSum): void {
    const sum = this.sumOf(scope, meter, kind === 'peak')
    sum.used = kind === 'peak' ? Math.max(sum.used, used) : sum.used + used
  }

  private sumOf(scope: string, meter: string, isPeak: boolean) {
    const meters = this.sums.get(scope) ?? new Map()
    const sum = meters.get(meter) ?? { used: 0, reserved: 0, isPeak }
    this.sums.set(scope, meters.set(meter, sum))
    return sum
  }

  /** The meters of a run hold what its own journal and those below it add up to. */
  check(families: ReadonlyMap<string, Family>, moving: ReadonlySet<string>, tell: Tell): void {
    for (const family of families.values()) this.checkFamily(family, moving, tell)
    for (const scope of this.sums.keys()) {
      if (!families.has(scope.slice('run:'.length)))
        tell(`Meters of '${scope}' were charged by a run that is not below it.`)
    }
  }

  private checkFamily({ run, own }: Family, moving: ReadonlySet<string>, tell: Tell): void {
    if (own === null) return
    const scope = `run:${run.runId}`
    const below = this.sums.get(scope)
    for (const name of new Set([...Object.keys(run.meters), ...own.keys(), ...(below?.keys() ?? [])])) {
      if (moving.has(ownMeterKey(scope, name))) continue
      const [row, mine, sum] = [run.meters[name] ?? NONE, own.get(name) ?? NONE, below?.get(name)]
      const used = sum?.isPeak ? Math.max(mine.used, sum.used) : mine.used + (sum?.used ?? 0)
      const reserved = mine.reserved + (sum?.reserved ?? 0)
      if (row.used === used && row.reserved === reserved) continue
      const numbers = { used: row.used, reserved: row.reserved, journalsUsed: used, journalsReserved: reserved }
      tell(`Meter '${name}' does not hold what the run's journal and those of the runs below it add up to.`, {
        ...{ runId: run.runId, numbers },
      })
    }
  }
}

const NONE: Tally = { used: 0, reserved: 0 }

/** What is wrong only when no run below can be the reason: told when it is known that there is none. */
export class UnlessBelow {
  private readonly faults: { readonly runId: string; readonly tell: () => void }[] = []

  keep(runId: string, tell: () => void): void {
    this.faults.push({ runId, tell })
  }

  /** `isAbove`: whether there are runs below that one. */
  settle(isAbove: (runId: string) => boolean): void {
    for (const { runId, tell } of this.faults.splice(0)) if (!isAbove(runId)) tell()
  }
}
