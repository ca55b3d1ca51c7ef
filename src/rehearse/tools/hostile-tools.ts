import { MidwatchError } from '../../core/errors.js'
import { canonical } from '../../core/json.js'
import type { Call, Found, ToolSpec } from '../../tools/tool.js'
import type { FaultName } from '../fault.js'
import type { StandIn } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'
import { ToolBody } from './body.js'
import { Deeds } from './deeds.js'
import { TOOL_FAULTS, type ToolFaultName, toolFaultsOf, unreached } from './tool-faults.js'

/** The longest that a healthy call is on its way there and back, ms. */
const WAY_MS = 120
const CHECK_FAULTS = ['check_unknown', 'check_error'] as const satisfies readonly FaultName[]

/** Every tool of one case, with what can go wrong on the way to it. */
export class HostileTools {
  readonly #bodies = new Map<ToolSpec, ToolBody>()
  /** By name: two agents may each define a tool of it, and there is one provider. */
  readonly #deeds = new Map<string, Deeds>()
  /** Tools that nobody reaches, until then. */
  readonly #away = new Map<string, number>()
  readonly #given: Readonly<Record<string, StandIn | 'generated'>>

  constructor(private readonly s: Surroundings) {
    this.#given = s.scenario.tools?.(s.world, s.stage) ?? {}
    this.#lookForStrays()
  }

  /**
   * A stand-in that nobody calls means that a tool's own code runs in its place: nothing is played then. What a flow calls is not
   * known beforehand.
   */
  #lookForStrays(): void {
    const { run, name: scenario } = this.s.scenario
    if (run.some(({ definition }) => definition.kind === 'flow')) return
    const specs = run.flatMap(({ definition }) => [...definition.tools.values()])
    const undos = specs.flatMap(({ undo }) => (typeof undo === 'object' ? [undo] : []))
    const names = new Set([...specs, ...undos].map(({ name }) => name))
    for (const name of Object.keys(this.#given)) {
      if (names.has(name)) continue
      const what = `no agent has a tool '${name}'; there are ${[...names].join(', ')}.`
      throw new MidwatchError('invalid_definition', `scenario '${scenario}': tools: ${what}`)
    }
  }

  /** One attempt: a way there, at most one fault, the act, a way back. */
  async execute(spec: ToolSpec, input: unknown, call: Call): Promise<unknown> {
    const { s } = this
    const body = this.#bodyOf(spec)
    const isAway = s.clock.now() < (this.#away.get(spec.name) ?? 0)
    const strike = s.fates.at({ kind: 'tool', name: spec.name }, isAway ? [] : toolFaultsOf(spec, body))
    const leftMs = leftOf(spec, call, s.clock.now())
    const way = this.#wayOf(spec, input, call, leftMs)
    await s.clock.sleep(way.thereMs, call.signal)
    if (call.signal.aborted) return this.#overtaken(body, input, call, way.arrives)
    if (isAway) throw unreached()
    if (strike === null) {
      const result = await body.act(input, call)
      await s.clock.sleep(way.backMs, call.signal)
      return result
    }
    const perform = TOOL_FAULTS[strike.fault as ToolFaultName]
    const chance = (purpose: string) => s.chance.of(`${strike.place}|${strike.fault}|${purpose}`)
    const bit = () => s.fates.bit(strike)
    const outage = (ms: number) => void this.#away.set(spec.name, s.clock.now() + ms)
    return perform({ s, spec, body, input, call, chance, bit, outage, leftMs: leftMs - way.thereMs })
  }

  /** Asks whether an attempt acted. */
  async check(spec: ToolSpec, input: unknown, call: Call): Promise<Found<unknown>> {
    const { s } = this
    const strike = s.fates.at({ kind: 'check', name: spec.name }, CHECK_FAULTS)
    await s.clock.sleep(1 + Math.floor(s.chance.of(`check|${spec.name}|${call.key}`) * WAY_MS), call.signal)
    if (strike === null) return this.#bodyOf(spec).check(input, call)
    s.fates.bit(strike)
    if (strike.fault === 'check_unknown') return { did: 'unknown' }
    throw new Error('socket hang up')
  }

  /** Cut while it was on its way: it may have arrived all the same. */
  async #overtaken(body: ToolBody, input: unknown, call: Call, arrives: boolean): Promise<never> {
    if (arrives) await body.act(input, call)
    throw call.signal.reason
  }

  #bodyOf(spec: ToolSpec): ToolBody {
    const known = this.#bodies.get(spec)
    if (known) return known
    // What an MCP server would do is never done in a rehearsal: its schemas answer for it.
    const given = Object.hasOwn(this.#given, spec.name) ? this.#given[spec.name] : spec.mcp && 'generated'
    const deeds = this.#deeds.get(spec.name) ?? new Deeds()
    const body = new ToolBody({ s: this.s, deeds, spec, given })
    this.#deeds.set(spec.name, deeds)
    this.#bodies.set(spec, body)
    return body
  }

  /** Depends on what is sent, not on what went before. */
  #wayOf(spec: ToolSpec, input: unknown, call: Call, leftMs: number) {
    const sent = call.key === '' ? canonical(input) : call.key
    const chance = (what: string) => this.s.chance.of(`way|${spec.name}|${sent}|${call.attempt}|${what}`)
    const wayMs = (what: string) => Math.min(1 + Math.floor(chance(what) * WAY_MS), Math.floor(leftMs / 4))
    return { thereMs: wayMs('there'), backMs: wayMs('back'), arrives: chance('arrives') < 0.5 }
  }
}

/** What is left of the attempt by the worker's clock, ms; 1 where that clock is wrong. */
function leftOf(spec: ToolSpec, call: Call, nowMs: number): number {
  const leftMs = call.deadline.getTime() - nowMs
  return leftMs < 1 || leftMs > spec.timeoutMs ? 1 : leftMs
}
