import type { JsonValue } from '../../core/json.js'
import type { Outcome } from '../../core/states.js'
import type { WoundDown } from '../../core/wound-down.js'
import { isStored } from '../../orchestrator/stored.js'
import type { Look } from './marked-schemas.js'
import type { Marks, ToolLook } from './marks.js'
import { isOwnCode } from './own-codes.js'
import { PRIVATE, redacted } from './redacted.js'

/** Hides by more than one definition: what any of them marks. */
const merged = (looks: readonly Look[]): Look => {
  const all = looks.flatMap((look) => look ?? [])
  return all.length === 0 ? null : all
}

/**
 * What lies over the journals of a run for those who may not see private fields. `all`: the definition is not known here, so
 * every value is hidden · `guarded`: something in it is marked, so what nothing describes, such as the words of a model, is
 * hidden with it · `plain`: nothing is marked, and only what a tool or a run that it does not declare was given is hidden.
 */
export class Veil {
  readonly mode: 'all' | 'guarded' | 'plain'
  /** Whether it hides nothing at all: an agent declares every tool that it may use. */
  readonly isClear: boolean

  /** Of the definition that the run is pinned to and those that may have gone on with it; none where it is not known. */
  constructor(
    private readonly marks: readonly Marks[],
    kind: 'agent' | 'flow' | null = null,
  ) {
    const isGuarded = marks.some((one) => one.isGuarded)
    this.mode = marks.length === 0 ? 'all' : isGuarded ? 'guarded' : 'plain'
    this.isClear = this.mode === 'plain' && kind === 'agent'
  }

  get input(): Look {
    return merged(this.marks.map(({ input }) => input))
  }

  get outcome(): Look {
    return merged(this.marks.map(({ outcome }) => outcome))
  }

  get state(): Look {
    return merged(this.marks.map(({ state }) => state))
  }

  /** What is known of a tool; null where no definition declares it. */
  tool(name: string): ToolLook | null {
    const found = this.marks.flatMap(({ tools }) => tools.get(name) ?? [])
    if (found.length === 0) return null
    return { input: merged(found.map(({ input }) => input)), output: merged(found.map(({ output }) => output)) }
  }

  /** A value, by what describes it. One that was too large for the journal shows a head of its text: that is nobody's field. */
  value(value: JsonValue, look: Look): JsonValue {
    if (this.mode === 'plain') return value
    return look === null || this.mode === 'all' || isStored(value) ? PRIVATE : redacted(value, look)
  }

  /** What no schema describes. */
  words(value: JsonValue): JsonValue {
    return this.mode === 'plain' ? value : value === '' || value === null ? value : PRIVATE
  }

  /** Why something failed. A tool gives codes of its own. */
  code(code: string): string {
    return isOwnCode(code) ? code : String(this.words(code))
  }

  /** What a tool was given. */
  given(tool: string, value: JsonValue): JsonValue {
    const look = this.tool(tool)
    return look === null ? PRIVATE : this.value(value, look.input)
  }

  /** What was taken back before an end: steps and why stay, a tool's own codes do not. */
  wound<O extends { readonly windDown?: WoundDown }>(outcome: O): O {
    const { windDown } = outcome
    if (windDown === undefined) return outcome
    const remains = windDown.remains.map(({ code, ...what }) =>
      code === undefined ? what : { ...what, code: this.code(code) },
    )
    return { ...outcome, windDown: { ...windDown, remains } }
  }

  /** How something ended: `look` describes its output. Codes, numbers and rules stay. */
  ended(outcome: Outcome<JsonValue>, look: Look): JsonValue {
    return outcome.status === 'completed' ? this.#ended(outcome, look) : this.#ended(this.wound(outcome), look)
  }

  #ended(outcome: Outcome<JsonValue>, look: Look): JsonValue {
    const words = (text: string | undefined) => (text === undefined ? undefined : this.words(text))
    switch (outcome.status) {
      case 'completed':
        return { ...outcome, output: this.value(outcome.output, look) }
      case 'refused':
        return { ...outcome, say: this.words(outcome.say) }
      case 'handed_over':
        return { ...outcome, to: this.words(outcome.to), note: words(outcome.note) }
      case 'failed':
        return { ...outcome, code: this.code(outcome.code), message: words(outcome.message) }
      default:
        return outcome
    }
  }
}
