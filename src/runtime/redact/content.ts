import { canonical, type JsonValue } from '../../core/json.js'
import { keyOfPin, type Pin } from '../../core/serving.js'
import type { ContentShown } from '../../core/telemetry.js'
import { type Definition, servesKey } from '../../orchestrator/definition.js'
import { marksOf } from './marks.js'
import { scoredBy } from './scored-by.js'
import { Veil } from './veil.js'

/** Words of runs as they may leave the process for whoever reads telemetry: what viewers are shown, and no more. */
export class Content implements ContentShown {
  readonly #veils = new Map<string, Veil>()

  constructor(private readonly definitions: readonly Definition[]) {}

  given(run: Pin, tool: string, json: string): string {
    return canonical(this.#veil(run).given(tool, JSON.parse(json) as JsonValue))
  }

  gave(run: Pin, tool: string, json: string): string {
    const veil = this.#veil(run)
    return canonical(veil.value(JSON.parse(json) as JsonValue, veil.tool(tool)?.output ?? null))
  }

  showsWords(run: Pin): boolean {
    return this.#veil(run).mode === 'plain'
  }

  /** Of the definitions that this process serves; a run of other code shows nothing. */
  #veil(run: Pin): Veil {
    const key = keyOfPin(run)
    const known = this.#veils.get(key)
    if (known) return known
    const own = this.definitions.filter((one) => servesKey(one) === key || takesUp(one, run))
    const made = new Veil([...own, ...scoredBy(this.definitions, own)].map(marksOf), own[0]?.kind ?? null)
    this.#veils.set(key, made)
    return made
  }
}

const takesUp = ({ name, accepts }: Definition, { agent, version }: Pin): boolean =>
  name === agent && accepts.includes(version)
