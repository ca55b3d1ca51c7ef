import type { EntryKind } from '../../core/entries.js'
import type { JsonValue } from '../../core/json.js'
import type { Outcome } from '../../core/states.js'
import type { AdmitBody, BeginBody, DoubtBody, FaultBody, NoteBody, SettleBody } from '../../orchestrator/bodies.js'
import type { ModelSaid } from '../../orchestrator/model-step.js'
import { detailShown } from './note-detail.js'
import { PRIVATE } from './redacted.js'
import type { Veil } from './veil.js'

/** What one entry must be read with. */
export interface Beside {
  /** settle: the body of its begin; null where it is not known. */
  readonly begin?: Partial<BeginBody> | null
  /** note: the veil of the run that it called; null where that is not known. */
  readonly child?: Veil | null
  /** note: the tool that it is about. */
  readonly tool?: string
}

type Body = Readonly<Record<string, JsonValue | undefined>>
type Shown = Readonly<Record<string, unknown>>

/** The body of an entry as its readers may see it. What is not named here is hidden. */
export function bodyShown(kind: EntryKind, body: Body, veil: Veil, beside: Beside): Shown {
  switch (kind) {
    case 'claim':
      return body
    case 'admit':
      return admitted(body as unknown as AdmitBody, veil)
    case 'begin':
      return begun(body as unknown as BeginBody, veil)
    case 'doubt':
      return doubted(body as unknown as DoubtBody, veil)
    case 'settle':
      return settled(body as unknown as SettleBody, veil, beside)
    case 'note':
      return noted(body as unknown as NoteBody, veil, beside)
    case 'park':
      return { ...body, waits: waitsShown(typeof body.waits === 'string' ? body.waits : '', veil) }
    case 'end':
      return ended(body, veil)
    case 'audit':
      return { detail: veil.words(body.detail ?? null) }
  }
}

function admitted(body: AdmitBody, veil: Veil): Shown {
  const { input, map, messageKey, above, share } = body
  const item = map && { step: map.step, key: veil.words(map.key) }
  return { input: veil.value(input, veil.input), map: item, messageKey, above, share }
}

function begun(body: BeginBody, veil: Veil): Shown {
  const { sort, name, model, approval, input, said, again } = body
  // A digest of arguments that are few can be guessed.
  const shown = (args: string) => (sort === 'tool' && veil.tool(name) === null ? PRIVATE : veil.words(args))
  const args = body.args === undefined ? undefined : shown(body.args)
  return {
    ...{ sort, name, model, approval, args, again },
    ...(input !== undefined && { input: sort === 'tool' ? veil.given(name, input) : veil.words(input) }),
    ...(said !== undefined && { said: veil.words(said) }),
  }
}

function doubted({ step, why, message }: DoubtBody, veil: Veil): Shown {
  const told = message === undefined ? {} : { message: veil.words(message) }
  return { step, why: veil.code(why), ...told }
}

function faulted({ code, message, retryAfterMs }: FaultBody, veil: Veil): Shown {
  return { code: veil.code(code), message: message === undefined ? undefined : veil.words(message), retryAfterMs }
}

function settled({ final, at, fault, usage, model, source }: SettleBody, veil: Veil, { begin }: Beside): Shown {
  const told = fault && faulted(fault, veil)
  return { at, usage, model, source, fault: told, final: final && stepShown(final as Outcome<JsonValue>, veil, begin) }
}

function stepShown(final: Outcome<JsonValue>, veil: Veil, begin: Beside['begin']): JsonValue {
  if (final.status !== 'completed') return veil.ended(final, null)
  const output = outputShown(final.output, veil, begin ?? null)
  return { ...final, output }
}

function outputShown(output: JsonValue, veil: Veil, begin: Partial<BeginBody> | null): JsonValue {
  if (begin?.sort === 'model') return saidShown(output as unknown as ModelSaid, veil)
  if (begin?.sort === 'read') return veil.words(output)
  const tool = begin?.sort === 'tool' && begin.name !== undefined ? veil.tool(begin.name) : null
  return tool === null ? PRIVATE : veil.value(output, tool.output)
}

/** What a model said: its words, and its proposals by the schemas of what it proposed. */
function saidShown(said: ModelSaid, veil: Veil): JsonValue {
  if (veil.mode === 'plain') return said as unknown as JsonValue
  const { text, reasoning, toolCalls, finish, inputTokens, model } = said
  const calls = toolCalls.map(({ id, name, inputText, byProvider }) => {
    const isKnown = veil.tool(name) !== null
    return { id, name: isKnown ? name : PRIVATE, inputText: inputShown(inputText, name, veil), byProvider }
  })
  const numbers = { inputTokens, model }
  const words = { text: veil.words(text), reasoning: veil.words(reasoning) }
  return { ...words, toolCalls: calls, thoughts: [], finish: finish as unknown as JsonValue, ...numbers } as JsonValue
}

function inputShown(text: string, tool: string, veil: Veil): string {
  const shown = veil.given(tool, parsed(text))
  return typeof shown === 'string' ? shown : JSON.stringify(shown)
}

/** Arguments come as the model wrote them: what is no JSON is a text that nothing describes. */
function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}

function noted({ about, step, final, at, detail, args }: NoteBody, veil: Veil, { child }: Beside): Shown {
  const isCall = about === 'called' && child !== undefined
  // How a run below ended is hidden unless nothing of it is marked.
  const over =
    final &&
    (isCall ? callShown(final as Outcome<JsonValue>, veil, child) : veil.ended(final as Outcome<JsonValue>, null))
  return {
    ...{ about, step, at, final: over, args: args === undefined ? undefined : veil.words(args) },
    ...(detail !== undefined && { detail: detailShown(detail, veil, about === 'called' ? (child ?? null) : veil) }),
  }
}

function callShown(final: Outcome<JsonValue>, veil: Veil, child: Veil | null): JsonValue {
  if (final.status !== 'completed') return veil.ended(final, null)
  if (child === null) return { ...final, output: PRIVATE }
  if (child.mode === 'plain') return { ...final, output: veil.words(final.output) }
  const { output } = final
  const isOutcome = typeof output === 'object' && output !== null && 'status' in output
  return { ...final, output: isOutcome ? child.ended(output as unknown as Outcome<JsonValue>, child.outcome) : PRIVATE }
}

/** Names of scorers and numbers; why one gave none may quote what it saw. */
function ended({ outcome, state, scores }: Body, veil: Veil): Shown {
  const written = state as { readonly version: number; readonly value: JsonValue } | undefined
  const told = outcome === undefined ? undefined : veil.ended(outcome as unknown as Outcome<JsonValue>, veil.outcome)
  const left = written && { version: written.version, value: veil.value(written.value, veil.state) }
  return { outcome: told, state: left, scores }
}

/** What a run waits for; a lock is named by what its tool was given, and stands last of what is shown. */
export function waitsShown(waits: string, veil: Veil): string {
  const at = waits.indexOf('lock:')
  return veil.isClear || at < 0 ? waits : `${waits.slice(0, at)}lock:${PRIVATE}`
}
