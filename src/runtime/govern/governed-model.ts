import { MidwatchError } from '../../core/errors.js'
import type { Duration } from '../../core/time.js'
import { breachFor } from '../../govern/breach.js'
import { modelName } from '../../models/prices.js'
import { modelSettings } from '../../models/settings.js'
import { WINDOW_START } from '../../models/window.js'
import type { Definition } from '../../orchestrator/definition.js'
import { type ModelSaid, modelStep } from '../../orchestrator/model-step.js'
import { digestOf } from '../../orchestrator/proposal.js'
import { partsOf, wholeOf } from './answer-parts.js'
import { ForeignCall } from './foreign-call.js'
import type { ForeignAsk, ForeignModel, KeptAnswer } from './foreign-model.js'
import { LiveParts } from './live-parts.js'
import { PromptBounds } from './model-bound.js'
import { type Place, type Sitting, untilAborted } from './place.js'
import { BYTES, plain } from './plain.js'
import { type Ask, endsRun, type Seat } from './seat.js'
import { ModelUnanswered } from './told.js'

/** What is said of a model that is brought along. */
export interface GovernedModelOptions {
  /** The cap on one answer where its loop sets none: part of every worst case. Default 2,048. */
  readonly maxOutputTokens?: number
  /** For one attempt. Default 60s. */
  readonly timeout?: Duration
  /** The most input tokens that one file in a prompt can be. Without it a prompt with a file is refused. */
  readonly fileTokens?: number
}

/** What prompts were measured to take, by run. */
const boundsOf = new WeakMap<Seat, PromptBounds>()

/** The model objects behind wrapped ones. */
const behind = new WeakMap<object, ForeignModel>()

/** The model itself, where it is a wrapped one. */
export function unwrapped<M extends ForeignModel>(model: M): M {
  return (behind.get(model) as M | undefined) ?? model
}

/**
 * The model with each call of it governed: its worst case is reserved before, one HTTP call is made an attempt, what was used
 * is settled. Throws `invalid_definition` for what is no model object of provider specification v3 or v4.
 */
export function governModel<M extends ForeignModel>(
  raw: M,
  options: GovernedModelOptions,
  policy: Definition,
  place: Place,
): M {
  if (typeof raw !== 'object') {
    throw new MidwatchError(
      'invalid_definition',
      `'${policy.name}': its model is named '${String(raw)}' and nothing more; give the model object of a provider package.`,
    )
  }
  const model = unwrapped(raw)
  const { maxOutputTokens, timeout } = options
  modelSettings({ model: model as never, ...(maxOutputTokens && { maxOutputTokens }), ...(timeout && { timeout }) })
  const wrapped = {
    specificationVersion: model.specificationVersion,
    provider: model.provider,
    modelId: model.modelId,
    get supportedUrls() {
      return model.supportedUrls
    },
    doGenerate: async (asked: ForeignAsk) => {
      const sitting = await place.sit()
      return wholeOf(await answered(sitting, ask(model, asked, null, options, policy, sitting.seat), asked.abortSignal))
    },
    doStream: async (asked: ForeignAsk) => {
      const live = new LiveParts()
      const sitting = await place.sit()
      const answer = answered(sitting, ask(model, asked, live, options, policy, sitting.seat), asked.abortSignal)
      const told = answer.then(
        (kept) => live.finish(() => partsOf(kept)),
        (error) => live.fail(error),
      )
      await Promise.race([live.begun, answer])
      void told
      return { stream: live.readable }
    },
  }
  behind.set(wrapped, model)
  return wrapped as unknown as M
}

async function answered(
  { seat, rise }: Sitting,
  asked: Ask<KeptAnswer>,
  signal: AbortSignal | undefined,
): Promise<KeptAnswer> {
  try {
    const kept = await untilAborted(seat.ask(asked), signal)
    const isFinal = !kept.content.some(({ type }) => type === 'tool-call')
    const said = kept.content.map(({ type, text }) => (type === 'text' ? text : '')).join('')
    await rise({ isFinal, said })
    return kept
  } catch (error) {
    await rise({ error })
    throw error
  }
}

function ask(
  raw: ForeignModel,
  asked: ForeignAsk,
  live: LiveParts | null,
  options: GovernedModelOptions,
  policy: Definition,
  seat: Seat,
): Ask<KeptAnswer> {
  checkProviderTools(asked, policy)
  const bounds = boundsOf.get(seat) ?? new PromptBounds()
  boundsOf.set(seat, bounds)
  const { abortSignal: _signal, headers: _headers, ...rest } = asked
  const said = plain(rest, BYTES.digest) as unknown as ForeignAsk
  const name = modelName(raw)
  const args = digestOf([name, said])
  const counted = bounds.count(name, said, options.fileTokens)
  const call = new ForeignCall(raw, asked, live)
  const { maxOutputTokens = options.maxOutputTokens } = asked
  const settings = modelSettings({
    model: call.port,
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(options.timeout && { timeout: options.timeout }),
  })
  return {
    name: `model~${args.slice(0, 12)}`,
    args,
    perform: (branch, record) =>
      modelStep(branch.run, record, {
        id: record.id,
        models: [settings],
        tools: [],
        messages: [],
        mark: WINDOW_START,
        args,
        onBreach: (meter) => breachFor(policy.policy.onBreach, meter),
        foreign: call.prompt(counted.bound),
      }),
    read: (branch, result) => {
      if (result.status === 'failed')
        throw new ModelUnanswered(result.code, `${name}: ${result.message ?? result.code}`)
      if (result.status !== 'completed') return endsRun(branch.run, result)
      const { kept, inputTokens } = result.output as ModelSaid
      bounds.measured(counted, inputTokens)
      return kept as unknown as KeptAnswer
    },
  }
}

/** What a provider runs itself acts outside the ledger: allowed only where it is said to read. */
function checkProviderTools({ tools = [] }: ForeignAsk, policy: Definition): void {
  for (const { type, name } of tools) {
    if (type === 'function' || policy.tools.get(name)?.effect === 'read') continue
    throw new MidwatchError(
      'invalid_definition',
      `'${policy.name}': the provider runs its tool '${name}' itself, outside the ledger. Declare it a read (tools: { ${name}: 'read' }), or leave it out.`,
    )
  }
}
