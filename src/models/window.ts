import type { Message, ModelTool } from './prompt.js'
import { frameBound, inputBound, type MeasuredPrompt, measured, messageBound } from './worst-case.js'

/**
 * The context window: which messages of a conversation go into the next prompt, so that its worst case stays under a
 * ceiling. What stays: the system message, the message that the run is about, the newest exchange. What goes: the oldest
 * exchanges, those of earlier runs first, whole ones, so that a tool call never loses its result. Pruning takes more than it must, so that the prompts that follow
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
  /** Index of the message that the run is about; before it stand earlier turns. Default: the first user message. */
  readonly own?: number
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
  const messages = windowAt(request, mark)
  return { messages, mark, inputTokens: inputBound({ ...request, messages }, mark.last) }
}

/** The first cut that leaves room to grow, else one that fits at all, else the last; undefined when nothing can go. */
function nextMark(request: WindowRequest, before: WindowMark, room: number): WindowMark | undefined {
  const oldest = Math.max(before.from, headLength(request))
  const cuts = exchangeStarts(request).filter((start) => start > oldest)
  const marks = cuts.map((from): WindowMark => ({ from, pinned: pinnedBefore(request, from) }))
  const size = sizeAfter(request)
  return marks.find((mark) => size(mark) <= room * REFILL) ?? marks.find((mark) => size(mark) <= room) ?? marks.at(-1)
}

/** Bound of a pruned prompt, in constant time a cut. */
function sizeAfter(request: WindowRequest): (mark: WindowMark) => number {
  const { messages, tools } = request
  const bounds = messages.map(messageBound)
  const tails = bounds.reduceRight<number[]>((sums, bound, index) => {
    sums[index] = bound + (sums[index + 1] ?? 0)
    return sums
  }, [])
  const head = headLength(request)
  const fixed = frameBound(tools) + (tails[0] ?? 0) - (tails[head] ?? 0)
  return (mark) => {
    const stays = staying(request, mark).reduce((sum, index) => sum + (bounds[index] ?? 0), 0)
    return fixed + messageBound(leftOut(mark.from - head)) + stays + (tails[mark.from] ?? 0)
  }
}

function windowAt(request: WindowRequest, mark: WindowMark): readonly Message[] {
  const { messages } = request
  const head = headLength(request)
  if (mark.from <= head) return messages
  const stays = staying(request, mark).flatMap((index) => messages.slice(index, index + 1))
  return [...messages.slice(0, head), leftOut(mark.from - head), ...stays, ...messages.slice(mark.from)]
}

/** Messages before the cut that stay, in order: what the run is about, and what is being worked on. */
function staying(request: WindowRequest, { from, pinned }: WindowMark): number[] {
  const { own = -1 } = request
  const isOwn = own >= headLength(request) && own < from
  return [...(isOwn ? [own] : []), ...(pinned < 0 || (isOwn && pinned === own) ? [] : [pinned])]
}

/** Says so to the model: a gap it does not know of invites invention. Its text changes with the cut alone. */
function leftOut(count: number): Message {
  return { role: 'user', text: `(${count} earlier messages were left out here to keep the context small.)` }
}

/** All up to the first user message; where there is none, or earlier turns come first, the system messages at the start. */
function headLength({ messages, own }: Pick<WindowRequest, 'messages' | 'own'>): number {
  const user = messages.findIndex((message) => message.role === 'user')
  const other = messages.findIndex((message) => message.role !== 'system')
  if (own !== undefined && own > user) return Math.max(0, other)
  return user >= 0 ? user + 1 : other >= 0 ? other : messages.length
}

/** An exchange starts wherever no tool result does: a call and its results stay together. An earlier turn starts with its message. */
function exchangeStarts(request: WindowRequest): number[] {
  const { messages, own = 0 } = request
  const head = headLength(request)
  const starts = ({ role }: Message, index: number) => (index < own ? role === 'user' : role !== 'tool')
  return messages.flatMap((message, index) => (index >= head && starts(message, index) ? [index] : []))
}

/** The newest user message before the cut, unless a newer one is kept anyway or it is the head's. */
function pinnedBefore(request: WindowRequest, from: number): number {
  const newest = request.messages.findLastIndex((message) => message.role === 'user')
  return newest >= headLength(request) && newest < from ? newest : -1
}
