import type { DriftPoint } from '../../core/drift.js'
import { canonical } from '../../core/json.js'
import type { Ledger } from '../../core/ledger.js'
import { LIMITS } from '../../core/limits.js'
import type { Observers } from '../../core/observers.js'
import type { EpochMs } from '../../core/time.js'
import { type Alarm, alarmsOf } from '../../govern/drift/alarms.js'
import { DAY_MS, dayOf, hourOf, WEEK_MS } from '../../govern/drift/calendar.js'
import { daysOf, scorePoints } from '../../govern/drift/days.js'
import { together } from '../../govern/drift/tally.js'
import { type CheckedWire, trippedBy } from '../../govern/drift/tripwire.js'

export interface JudgePorts {
  readonly ledger: Pick<Ledger, 'drift' | 'now'>
  readonly observers: Observers
  readonly wires: ReadonlyMap<string, readonly CheckedWire[]>
}

/** Looks at what was folded: tells of changes, once a day is whole, and lets tripwires trip. */
export class Judge {
  /** By agent: the last day whose changes were looked for, and those that are news. */
  readonly #days = new Map<string, { readonly day: EpochMs; readonly alarms: readonly Alarm[] }>()

  constructor(private readonly ports: JudgePorts) {}

  /** `agents`: those whose points moved; `isAll`: whether everything that has ended is folded, as far as is known here. */
  async look(agents: readonly string[], isAll: boolean): Promise<void> {
    const now = await this.ports.ledger.now()
    if (isAll) await this.#findChanges(new Set([...this.ports.wires.keys(), ...agents]), now)
    for (const agent of agents) await this.#tryWires(agent, now)
  }

  /** Changes are looked for when a day is over and all of its runs are folded: half a day is no day. */
  async #findChanges(agents: ReadonlySet<string>, now: EpochMs): Promise<void> {
    const { drift } = this.ports.ledger
    const today = dayOf(now)
    const due = [...agents].filter((agent) => this.#days.get(agent)?.day !== today)
    if (due.length === 0) return
    const { oldest } = await drift.progress()
    if (oldest !== null && oldest < today) return
    for (const agent of due) {
      const since = today - LIMITS.drift_looked_at_ms
      const points = await drift.points({ agent, span: 'day', since })
      const scores = scorePoints(await drift.scores({ agent, since }))
      const releases = await drift.releases({ agent })
      const whole = daysOf([...points, ...scores]).filter(({ at }) => at < today)
      const alarms = alarmsOf(whole, releases).filter(({ day }) => day >= today - 2 * WEEK_MS)
      for (const alarm of alarms) await this.#tell(agent, alarm)
      this.#days.set(agent, { day: today, alarms })
      if (alarms.length > 0) await this.#tryWires(agent, now)
    }
    await drift.forget({ until: today - 2 * DAY_MS })
  }

  /** Changes of the last week: one that is older has been lived with. */
  #news(agent: string, now: EpochMs): readonly Alarm[] {
    return (this.#days.get(agent)?.alarms ?? []).filter(({ day }) => day >= dayOf(now) - WEEK_MS)
  }

  async #tell(agent: string, alarm: Alarm): Promise<void> {
    const { measure, direction, day } = alarm
    const body = canonical({ agent, ...alarm })
    const { code } = await this.ports.ledger.drift.alarm({ agent, measure, direction, day, body, withinMs: WEEK_MS })
    if (code === 'ok') this.ports.observers.tell({ kind: 'drift.alarm', agent, ...alarm })
  }

  async #tryWires(agent: string, now: EpochMs): Promise<void> {
    const { ledger, wires, observers } = this.ports
    const own = wires.get(agent) ?? []
    if (own.length === 0) return
    const points = await ledger.drift.points({ agent, span: 'hour', since: dayOf(now) })
    const tallyOf = (some: readonly DriftPoint[]) => together(some.map(({ tally }) => tally))
    const hour = tallyOf(points.filter(({ at }) => at === hourOf(now)))
    const judged = { now, hour, day: tallyOf(points), alarms: this.#news(agent, now) }
    for (const { name: wire, act, ...one } of own) {
      const tripping = trippedBy({ name: wire, act, ...one }, judged)
      if (tripping === null) continue
      const evidence = canonical(tripping.evidence)
      const { code } = await ledger.drift.trip({ agent, wire, act, evidence, since: tripping.since })
      if (code === 'ok') observers.tell({ kind: 'tripwire.tripped', agent, wire, act: act.kind })
    }
  }
}
