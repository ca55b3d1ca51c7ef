import type { JsonValue } from '../../core/json.js'
import { agreement } from '../../govern/confidence/agreement.js'
import { assessmentIn } from '../../govern/confidence/assessment.js'
import type { Estimate } from '../../govern/confidence/low.js'
import { readArguments } from '../../models/arguments.js'
import { modelName } from '../../models/prices.js'
import type { Message } from '../../models/prompt.js'
import { WINDOW_START } from '../../models/window.js'
import type { Activation } from '../activation.js'
import type { Branch } from '../branch.js'
import type { ModelAsk, ModelSaid } from '../model-step.js'
import { digestOf } from '../proposal.js'
import { completed, type StepResult } from '../result.js'
import type { ConfidencePlan } from './plan.js'
import { heard, spentIn } from './spent.js'
import { ASSESS_TOOL, verifierPrompt } from './verifier.js'

/** A question to the agent's model, as it was put. */
export type Question = Omit<ModelAsk, 'id'>

/** What is to be estimated. */
export interface Estimated {
  /** The tool; `outcome` for an outcome. */
  readonly of: string
  /** The tool's name, or that of the way out. */
  readonly call: string
  readonly wire: JsonValue
  readonly said: string
}

interface Answered {
  readonly steps: readonly string[]
  readonly said: readonly (ModelSaid | null)[]
}

type Finding = Pick<Estimate, 'confidence' | 'by' | 'samples' | 'agreed' | 'why' | 'model'> & {
  readonly asked: readonly string[]
}

/**
 * Finds out how sure the proposals of one run are. Whoever is asked for it is asked in governed steps, under the run's own
 * ceilings. All is made of the conversation as it stands, so a replay asks the same in the same places.
 */
export class Estimator {
  #question: { readonly ask: Question; readonly model: number } | null = null
  #samples: Promise<Answered> | null = null

  constructor(
    private readonly branch: Branch,
    private readonly plan: ConfidencePlan,
  ) {}

  /** What the model was asked last, and which of the models answered: its samples are asked the very same. */
  answered(ask: Question, model: number): void {
    this.#question = { ask, model }
    this.#samples = null
  }

  /** The estimate, written down, and the step that it was written down in. */
  async of(what: Estimated, talk: readonly Message[], own: number): Promise<{ step: string; estimate: Estimate }> {
    const { branch, plan } = this
    const { run } = branch
    const args = digestOf(what.wire)
    const found = plan.verifier === null ? await this.#sampled(what, args) : await this.#verified(what, args, talk, own)
    const step = branch.peek('confidence')
    await branch.step('confidence', digestOf([what.of, args]), async (record) => {
      const detail: Estimate = { of: what.of, args, below: plan.below, usdMicros: spentIn(run, found.asked), ...found }
      const final = completed({ confidence: found.confidence })
      const body = { about: 'confidence', step: record.id, args: record.args ?? '', final } as const
      await run.book.note({ ...body, detail: detail as unknown as JsonValue })
      return final
    })
    return { step, estimate: estimateIn(run, step) }
  }

  async #sampled({ call }: Estimated, args: string): Promise<Finding> {
    const samples = this.plan.samples ?? 0
    this.#samples ??= this.#ask(samples - 1)
    const { steps, said } = await this.#samples
    const { confidence, agreed } = agreement(callKey(call, args), said.map(callsIn))
    const settings = this.#question?.ask.models[this.#question.model]
    const model = settings ? modelName(settings.model) : ''
    return { confidence, by: 'samples', samples, agreed, why: null, model, asked: steps }
  }

  /** The same prompt again, to the same model: what providers cache of it is used, and nothing is left of it in the conversation. */
  async #ask(times: number): Promise<Answered> {
    const { branch } = this
    if (this.#question === null) return { steps: [], said: [] }
    const { ask, model } = this.#question
    const again = { ...ask, models: ask.models.slice(model, model + 1), aside: true }
    const steps: string[] = []
    const results = await branch.all(
      Array.from({ length: times }, () => (ctx: unknown) => {
        const sample = ctx as Branch
        steps.push(sample.peek('sample'))
        return sample.tryModel('sample', again)
      }),
    )
    return { steps, said: await Promise.all(results.map((result) => heard(branch.run, result))) }
  }

  async #verified(what: Estimated, args: string, talk: readonly Message[], own: number): Promise<Finding> {
    const { branch, plan } = this
    const verifier = plan.verifier as NonNullable<ConfidencePlan['verifier']>
    const proposed = { what: { [what.of === 'outcome' ? 'outcome' : what.call]: what.wire }, said: what.said }
    const step = branch.peek('verify')
    const result = await branch.tryModel('verify', {
      models: [verifier],
      tools: [ASSESS_TOOL],
      messages: verifierPrompt(talk, own, proposed),
      mark: WINDOW_START,
      args: digestOf([what.of, args, talk.length]),
      onBreach: this.#question?.ask.onBreach ?? (() => 'end'),
      aside: true,
    })
    const said = await heard(branch.run, result)
    const assessed = said && assessmentIn(said.toolCalls)
    const why = assessed?.why ?? (said ? 'It gave no judgement that can be used.' : noAnswer(result))
    const finding = { by: 'verifier', samples: null, agreed: null, why, model: modelName(verifier.model) } as const
    return { confidence: assessed?.value ?? 0, ...finding, asked: [step] }
  }
}

const noAnswer = (result: StepResult): string =>
  `It did not answer${result.status === 'failed' ? ` (${result.code})` : ''}.`

const callKey = (name: string, args: string): string => `${name} ${args}`

/** The calls of an answer, by tool and the digest of their canonical arguments. */
function callsIn(said: ModelSaid | null): ReadonlySet<string> | null {
  if (said === null) return null
  const calls = said.toolCalls.flatMap(({ name, inputText }) => {
    const read = readArguments(inputText)
    return read.ok ? [callKey(name, digestOf(read.args))] : []
  })
  return new Set(calls)
}

function estimateIn(run: Activation, step: string): Estimate {
  const note = run.journal.step(step).notes.find(({ about }) => about === 'confidence')
  return note?.detail as unknown as Estimate
}
