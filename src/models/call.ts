import type { EpochMs } from '../core/time.js'
import { hear, type Listener, nothingSaid, type Said, signedThoughts } from './answer.js'
import { abortFault, FAULT_ADVICE, type Fault, faultOf } from './faults.js'
import type { ModelPort, PortMetadata, PortOptions } from './port.js'
import { type Message, type ModelTool, portPrompt, portTools, type SignedThought, type ToolCall } from './prompt.js'
import { type ModelUsage, NO_USAGE, usageOf } from './usage.js'

export interface ModelCall {
  readonly model: ModelPort
  readonly prompt: readonly Message[]
  readonly tools: readonly ModelTool[]
  readonly maxOutputTokens: number
  readonly temperature?: number
  readonly providerOptions?: object
  /** Ends the call at once, as `timeout` if its reason is a TimeoutError, else as `aborted`. */
  readonly signal: AbortSignal
  /** Given: the provider streams, and parts are handed over live. What a listener throws is dropped. */
  readonly stream?: Listener
  /** Wall time, for a Retry-After that is a date. */
  readonly now?: () => EpochMs
}

export interface ModelReply {
  readonly ok: true
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: readonly ToolCall[]
  /** Reasoning that goes back with later prompts; empty for most providers. */
  readonly thoughts: readonly SignedThought[]
  /** length: cut off at maxOutputTokens. */
  readonly finish: 'stop' | 'length' | 'tool_calls' | 'other'
  readonly usage: ModelUsage
}

/** A call that gave no usable reply. `text` is what was heard; `usage` is zero where the provider surely did no work. */
export interface ModelFault extends Fault {
  readonly ok: false
  /** The same model may do better at another attempt. */
  readonly retryable: boolean
  /** Another model may do better. */
  readonly fallback: boolean
  readonly text: string
  readonly usage: ModelUsage
}

export type ModelAnswer = ModelReply | ModelFault

/**
 * One attempt of one model step: exactly one call of the provider, which makes one HTTP request. Never throws and never
 * retries: what went wrong is a returned ModelFault with its class and advice.
 */
export async function callModel(call: ModelCall): Promise<ModelAnswer> {
  const said = nothingSaid()
  if (call.signal.aborted) return faulted({ ...abortFault(call.signal), unbilled: true }, said)
  try {
    if (call.stream) await stream(call, said, call.stream)
    else await generate(call, said)
  } catch (error) {
    return faulted(call.signal.aborted ? abortFault(call.signal) : faultOf(error, call.now ?? Date.now), said)
  }
  return answerOf(said, call.now ?? Date.now)
}

async function generate(call: ModelCall, said: Said): Promise<void> {
  const result = await untilAborted(call.model.doGenerate(optionsOf(call)), call.signal)
  for (const part of result.content) hear(said, part)
  said.finish = result.finishReason
  said.usage = result.usage
}

async function stream(call: ModelCall, said: Said, listener: Listener): Promise<void> {
  const { stream } = await untilAborted(call.model.doStream(optionsOf(call)), call.signal)
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), call.signal)
      if (done) return
      hear(said, value, listener)
    }
  } finally {
    // Also tells the provider to hang up; a stream that already broke refuses, which changes nothing.
    reader.cancel().catch(() => {})
  }
}

/** Providers ought to heed the signal; one that does not must not hold the step. */
function untilAborted<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cut = () => reject(signal.reason)
    const free = () => signal.removeEventListener('abort', cut)
    signal.addEventListener('abort', cut, { once: true })
    if (signal.aborted) cut()
    work.then(resolve, reject).then(free, free)
  })
}

function optionsOf(call: ModelCall): PortOptions {
  const tools = portTools(call.tools)
  return {
    prompt: portPrompt(call.prompt),
    maxOutputTokens: call.maxOutputTokens,
    abortSignal: call.signal,
    ...(tools && { tools }),
    ...(call.temperature !== undefined && { temperature: call.temperature }),
    ...(call.providerOptions && { providerOptions: call.providerOptions as PortMetadata }),
  }
}

function answerOf(said: Said, now: () => EpochMs): ModelAnswer {
  if (said.error !== undefined) return faulted(faultOf(said.error, now), said)
  const unified = said.finish?.unified
  if (unified === undefined)
    return faulted({ class: 'transient', message: 'The answer ended before it was whole.' }, said)
  if (unified === 'error') return faulted({ class: 'transient', message: 'The provider broke off its answer.' }, said)
  if (unified === 'content-filter') {
    return faulted({ class: 'content_filter', message: "The provider's content filter stopped the answer." }, said)
  }
  const { text, reasoning, toolCalls } = said
  return {
    ok: true,
    text,
    reasoning,
    toolCalls,
    thoughts: signedThoughts(said),
    finish: finishOf(unified),
    usage: usageSoFar(said),
  }
}

function finishOf(unified: string): ModelReply['finish'] {
  if (unified === 'tool-calls') return 'tool_calls'
  return unified === 'stop' || unified === 'length' ? unified : 'other'
}

function faulted(fault: Fault, said: Said): ModelFault {
  const usage = fault.unbilled ? NO_USAGE : usageSoFar(said)
  return { ok: false, ...fault, ...FAULT_ADVICE[fault.class], text: said.text, usage }
}

function usageSoFar(said: Said): ModelUsage {
  return usageOf(said.usage, said.text !== '' || said.reasoning !== '' || said.toolCalls.length > 0)
}
