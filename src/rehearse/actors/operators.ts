import type { CeilingRow } from '../../core/operated.js'
import type { Answer, Op, SwitchMode } from '../../core/ops.js'
import type { RunRow } from '../../core/run-row.js'
import { runScopes, scopeOf } from '../../core/scope.js'
import type { Chance } from '../chance.js'
import type { FaultName, Strike } from '../fault.js'
import type { Actor, Surroundings } from '../surroundings.js'
import { Errands } from './errands.js'

const FAULTS: readonly FaultName[] = ['kill', 'hold', 'ceiling_lowered']
/** Nobody intervenes without end. */
const INTERVENTIONS = 2
const HELD_MS = { least: 2_000, most: 900_000 } as const
const BY = 'operator'

type Lowered = Omit<CeilingRow, 'at' | 'by'> & { readonly strike: Strike }

/** Those who stop things: at any entry that is written, and at most twice in a case. */
export class Operators implements Actor {
  readonly #errands: Errands
  readonly #lowered: Lowered[] = []
  #interventions = 0

  constructor(private readonly s: Surroundings) {
    this.#errands = new Errands(s.clock)
  }

  get busy(): boolean {
    return this.#errands.busy
  }

  wrote(ops: readonly Op[], answers: readonly Answer[]): void {
    for (const [i, op] of ops.entries()) {
      const answer = answers[i]
      if (answer?.code === 'ceiling') this.#refused(answer)
      else if (answer?.code === 'ok') this.#moment(op)
    }
  }

  #moment({ kind, runId }: Op): void {
    const may = this.#interventions < INTERVENTIONS ? FAULTS : []
    const strike = this.s.fates.at({ kind: 'moment', name: kind }, may)
    if (strike === null) return
    this.#interventions += 1
    const chance = this.s.chance.fork(`${strike.place}|${strike.fault}`)
    this.#errands.after(chance.pick([0, 1, 3, 40], 'when'), async () => {
      const run = await this.s.ledger.run({ runId })
      if (run === null) return
      if (strike.fault === 'ceiling_lowered') await this.#lower(run, strike, chance)
      else await this.#stop(run, strike, chance)
    })
  }

  /** Engages over the run's own scope, that of one above it, or a wider one; a hold is released again, and now and then an end is too. */
  async #stop(run: RunRow, strike: Strike, chance: Chance): Promise<void> {
    const { ledger, fates } = this.s
    const mode: SwitchMode = strike.fault === 'kill' ? 'end' : 'hold'
    const { runId, agent, tenant, ancestors } = run
    const above = ancestors.map((ancestor) => scopeOf.run(ancestor))
    const wider = [scopeOf.agent(agent), scopeOf.tenant(tenant), scopeOf.fleet]
    const scopes = [scopeOf.run(runId), ...above, ...wider] as const
    const scope = chance.pick(scopes, 'scope')
    const runs = await ledger.runs({ states: ['queued', 'running', 'waiting'] })
    await ledger.engage({ scope, mode, by: BY, reason: 'rehearsal' })
    if (runs.some((one) => runScopes(one).includes(scope))) fates.bit(strike)
    if (mode === 'end' && chance.of('released') < 0.7) return
    this.#errands.after(chance.between(HELD_MS.least, HELD_MS.most, 'held'), async () => {
      await ledger.release({ scope, by: BY, jitterMs: chance.between(0, 5_000, 'jitter') })
    })
  }

  /** Below what is used and set aside already, or to nothing; mostly it is taken back later. */
  async #lower(run: RunRow, strike: Strike, chance: Chance): Promise<void> {
    const { ledger } = this.s
    const within = new Set([scopeOf.tenant(run.tenant), scopeOf.fleet, `${scopeOf.tenant(run.tenant)}/${run.agent}`])
    const rows = (await ledger.meters({})).filter(
      ({ scope, meter, used, reserved }) => within.has(scope) && !meter.startsWith('lane:') && used + reserved > 0,
    )
    const own = this.#ownMeters(run.agent)
    const meter = chance.pick(['usd', ...own], 'meter')
    const [row] = rows.filter((one) => one.meter === meter)
    const { scope, per } = row ?? { scope: scopeOf.tenant(run.tenant), per: 'day' as const }
    const limit = row ? Math.floor(chance.of('limit') * (row.used + row.reserved)) : 0
    const set = { scope, meter, per, limit }
    this.#lowered.push({ ...set, strike })
    await ledger.setCeiling({ ...set, by: BY })
    if (chance.of('back') > 0.7) return
    this.#errands.after(chance.between(HELD_MS.least, HELD_MS.most, 'held'), async () => {
      await ledger.setCeiling({ ...set, limit: null, by: BY })
    })
  }

  /** Meters that an agent's tools charge. */
  #ownMeters(agent: string): string[] {
    const definition = this.s.scenario.run.find(({ name }) => name === agent)?.definition
    return [...(definition?.tools.values() ?? [])].flatMap(({ meters }) => Object.keys(meters))
  }

  /** A begin had no room under a ceiling that was lowered: now it told. */
  #refused({ meter }: Answer): void {
    for (const { strike, ...one } of this.#lowered) {
      const same = meter?.scope === one.scope && meter.meter === one.meter && meter.per === one.per
      if (same) this.s.fates.bit(strike)
    }
  }
}
