import type { Message, ModelTool } from './prompt.js'
import { frameBound, inputBound, type MeasuredPrompt, measured, messageBound } from './worst-case.js'

/**
 * The context window: which messages of a conversation go into the next prompt, so that its worst case stays under a
 * ceiling. What stays: the system message, the first user message, the newest exchange. What goes: the oldest exchanges,
 * whole ones, so that a tool call never loses its result. Pruning takes more than it must, so that the prompts that follow
 * keep one prefix (which providers cache) until the window is full again. Pure: the same conversation and mark give the
 * same prompt, live as in replay.
 */

/** Where the window stands; goes from call to call. */
export interface WindowMark {
  /** Index of the first message that is kept after the head; 0 while nothing was left out. */
  readonly from: number
  /** A user message before `from` that stays, for it is what is being worked on; -1 for none. */
  readonly pinned: number
  readonly last?: MeasuredPrompt
}

export const WINDOW_START: WindowMark = { from: 0, pinned: -1 }

export interface WindowRequest {
  /** As `modelName` gives it. */
  readonly model: string
  readonly tools: readonly ModelTool[]
  /** The whole conversation, nothing left out. */
  readonly messages: readonly Message[]
  /** Input and output together; null prunes nothing. */
  readonly ceilingTokens: number | null
  readonly maxOutputTokens: number
  /** Of the call before; default WINDOW_START. */
  readonly mark?: WindowMark
}

export interface FittedWindow {
  readonly messages: readonly Message[]
  readonly mark: WindowMark
  /** Upper bound of the prompt's input tokens. */
  readonly inputTokens: number
  /** False when even the newest exchange alone passes the ceiling: the reservation will be refused. */
  readonly fits: boolean
}

/** Share of the room that is filled again after pruning. */
const REFILL = 0.75

export function fitWindow(request: WindowRequest): FittedWindow {
  const { ceilingTokens, maxOutputTokens } = request
  const room = ceilingTokens === null ? Number.POSITIVE_INFINITY : ceilingTokens - maxOutputTokens
  const now = at(request, request.mark ?? WINDOW_START)
  if (now.inputTokens <= room) return { ...now, fits: true }
  const mark = nextMark(request, now.mark, room)
  const pruned = mark === undefined ? now : at(request, mark)
  return { ...pruned, fits: pruned.inputTokens <= room }
}

/** The mark after a call whose input was measured; unchanged where the provider did not say. */
export function markMeasured(
  mark: WindowMark,
  prompt: { readonly model: string; readonly tools: readonly ModelTool[]; readonly messages: readonly Message[] },
  inputTokens: number | undefined,
): WindowMark {
  return inputTokens === undefined ? mark : { ...mark, last: measured(prompt, inputTokens) }
}

function at(request: WindowRequest, mark: WindowMark): Omit<FittedWindow, 'fits'> {
  const messages = windowAt(request.messages, mark)
  return { messages, mark, inputTokens: inputBound({ ...request, messages }, mark.last) }
}

/** The first cut that leaves room to grow, else one that fits at all, else the last; undefined when nothing can go. */
function nextMark(request: WindowRequest, before: WindowMark, room: number): WindowMark | undefined {
  const { messages } = request
  const oldest = Math.max(before.from, headLength(messages))
  const cuts = exchangeStarts(messages).filter((start) => start > oldest)
  const marks = cuts.map((from): WindowMark => ({ from, pinned: pinnedBefore(messages, from) }))
  const size = sizeAfter(request)
  return marks.find((mark) => size(mark) <= room * REFILL) ?? marks.find((mark) => size(mark) <= room) ?? marks.at(-1)
}

/** Bound of a pruned prompt, in constant time a cut. */
function sizeAfter({ messages, tools }: WindowRequest): (mark: WindowMark) => number {
  const bounds = messages.map(messageBound)
  const tails = bounds.reduceRight<number[]>((sums, bound, index) => {
    sums[index] = bound + (sums[index + 1] ?? 0)
    return sums
  }, [])
  const head = headLength(messages)
  const fixed = frameBound(tools) + (tails[0] ?? 0) - (tails[head] ?? 0)
  return ({ from, pinned }) =>
    fixed + messageBound(leftOut(from - head)) + (pinned < 0 ? 0 : (bounds[pinned] ?? 0)) + (tails[from] ?? 0)
}

function windowAt(messages: readonly Message[], { from, pinned }: WindowMark): readonly Message[] {
  const head = headLength(messages)
  if (from <= head) return messages
  const stays = pinned < 0 ? [] : messages.slice(pinned, pinned + 1)
  return [...messages.slice(0, head), leftOut(from - head), ...stays, ...messages.slice(from)]
}

/** Says so to the model: a gap it does not know of invites invention. Its text changes with the cut alone. */
function leftOut(count: number): Message {
  return { role: 'user', text: `(${count} earlier messages were left out here to keep the context small.)` }
}

/** All up to the first user message; without one, the system messages at the start. */
function headLength(messages: readonly Message[]): number {
  const user = messages.findIndex((message) => message.role === 'user')
  const other = messages.findIndex((message) => message.role !== 'system')
  return user >= 0 ? user + 1 : other >= 0 ? other : messages.length
}

/** An exchange starts wherever no tool result does: a call and its results stay together. */
function exchangeStarts(messages: readonly Message[]): number[] {
  const head = headLength(messages)
  return messages.flatMap((message, index) => (index >= head && message.role !== 'tool' ? [index] : []))
}

/** The newest user message before the cut, unless a newer one is kept anyway or it is the head's. */
function pinnedBefore(messages: readonly Message[], from: number): number {
  const newest = messages.findLastIndex((message) => message.role === 'user')
  return newest >= headLength(messages) && newest < from ? newest : -1
}
