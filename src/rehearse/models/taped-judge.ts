import type { JsonValue } from '../../core/json.js'
import type { Estimate } from '../../govern/confidence/low.js'
import type { Message } from '../../models/prompt.js'
import { Journal } from '../../orchestrator/journal.js'
import type { ModelSaid } from '../../orchestrator/model-step.js'
import { digestOf } from '../../orchestrator/proposal.js'
import type { Recording } from '../past/recording.js'
import type { Taped } from './taped-talk.js'

/** What a verifier said of the proposals of a recorded run. */
export class TapedJudge {
  /** By what was proposed: the tool, or `outcome`, and the digest of its arguments. */
  readonly #said = new Map<string, ModelSaid>()

  constructor({ entries }: Pick<Recording, 'entries'>) {
    const journal = new Journal()
    for (const entry of entries) journal.fold(entry)
    for (const { notes } of journal.steps.values()) {
      for (const { about, detail } of notes) {
        const { of, args, asked = [], samples } = (detail ?? {}) as Partial<Estimate>
        const answer = about === 'confidence' && samples === null ? journal.steps.get(asked[0] ?? '')?.final : null
        if (answer?.status === 'completed' && !this.#said.has(`${of} ${args}`))
          this.#said.set(`${of} ${args}`, answer.output as ModelSaid)
      }
    }
  }

  /** What was said of the same proposal. */
  answerTo(messages: readonly Message[]): Taped {
    const [of, wire] = proposalIn(messages.at(-1))
    const said = this.#said.get(`${of} ${digestOf(wire)}`)
    return said ? { said } : { why: `nobody was asked about ${of} with these arguments`, said: null }
  }
}

/** The proposal that a verifier is asked about stands last in its prompt. */
function proposalIn(message: Message | undefined): [of: string, wire: JsonValue] {
  try {
    const text = message?.role === 'user' ? message.text : '{}'
    const { proposal } = JSON.parse(text) as { proposal?: { what?: Record<string, JsonValue> } }
    return Object.entries(proposal?.what ?? {})[0] ?? ['', null]
  } catch {
    return ['', null]
  }
}
