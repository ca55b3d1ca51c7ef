import { MidwatchError } from '../core/errors.js'
import type { Breach } from '../govern/breach.js'
import type { Model } from '../models/port.js'
import { modelName } from '../models/prices.js'
import type { Message, ModelTool } from '../models/prompt.js'
import { type ModelSettings, modelSettings } from '../models/settings.js'
import { WINDOW_START, type WindowMark } from '../models/window.js'
import { inputBound, messageBound } from '../models/worst-case.js'
import type { Branch } from './branch.js'
import { digestOf } from './proposal.js'

/** What an agent keeps of a long conversation, beyond what the window leaves out by itself. */
export interface MemoryOptions {
  /** Once a prompt may take more than `above` tokens, the older half of the run's exchanges gives way to a summary of them. */
  readonly summary: { readonly model: Model; readonly above: number }
}

export interface SummaryPlan {
  readonly models: readonly ModelSettings[]
  readonly aboveTokens: number
}

/** The models of the agent stand in for the summary's own. Throws `invalid_definition`. */
export function summaryPlanOf(
  name: string,
  memory: MemoryOptions | undefined,
  fallback: readonly Model[],
): SummaryPlan | null {
  if (memory === undefined) return null
  const { model, above } = memory.summary
  if (!Number.isSafeInteger(above) || above < 1)
    throw new MidwatchError('invalid_definition', `'${name}': memory.summary.above is a whole number of tokens from 1.`)
  return { models: [model, ...fallback].map(modelSettings), aboveTokens: above }
}

/** A conversation as far as a summary is concerned. */
interface Told {
  readonly plan: { readonly summary: SummaryPlan | null; readonly models: readonly Model[] }
  readonly branch: Branch
  readonly tools: readonly ModelTool[]
  readonly messages: Message[]
  readonly own: number
  mark: WindowMark
}

const ASKED = `Sum up the conversation for whoever goes on with it: what was asked, which facts were found (with ids and amounts as they stand), what was done and confirmed, what was refused or failed and why, what is left to do. Say nothing that is not in it. Plain text.`

/**
 * One governed model step that writes a summary in place of what the window would soon leave out. A pure function of the
 * conversation decides when, so a replay finds the same place; what a person or a requester said stays word for word.
 */
export async function summarize(talk: Told, onBreach: (meter: string) => Breach): Promise<void> {
  const { plan, branch, messages, own } = talk
  const { summary } = plan
  const [first] = plan.models
  if (summary === null || first === undefined || sizeOf(talk, first) <= summary.aboveTokens) return
  const cut = cutOf(messages, own + 1, summary.aboveTokens / 2)
  const old = messages.slice(own + 1, cut)
  if (old.filter(({ role }) => role === 'tool').length < 2) return
  const asked: Message[] = [
    { role: 'system', text: ASKED },
    { role: 'user', text: JSON.stringify(messages.slice(own, cut)) },
  ]
  const ask = {
    models: summary.models,
    tools: [],
    messages: asked,
    mark: WINDOW_START,
    args: digestOf(asked),
    onBreach,
  }
  const { text } = await branch.askModel('summary', ask)
  const note = text === '' ? 'Nothing was written down of them.' : text
  const said = old.filter((message) => message.role === 'user' && !isSummary(message))
  messages.splice(own + 1, old.length, { role: 'user', text: `${PREFIX}${old.length} messages: ${note}` }, ...said)
  talk.mark = WINDOW_START
}

const PREFIX = 'Summary, in place of '
const isSummary = (message: Message): boolean => message.role === 'user' && message.text.startsWith(PREFIX)

/** Upper bound of the next prompt, by what the last one was measured to take. */
function sizeOf({ tools, messages, mark }: Told, first: Model): number {
  return inputBound({ model: modelName(modelSettings(first).model), tools, messages }, mark.last)
}

/** Where the newer messages begin, whole exchanges, that may take so many tokens; the newest exchange always stays. */
function cutOf(messages: readonly Message[], from: number, roomTokens: number): number {
  let cut = messages.length
  let size = 0
  for (let i = messages.length - 1; i >= from; i -= 1) {
    const message = messages[i]
    if (message === undefined) break
    size += messageBound(message)
    if (message.role === 'tool') continue
    if (cut < messages.length && size > roomTokens) break
    cut = i
  }
  return cut
}
