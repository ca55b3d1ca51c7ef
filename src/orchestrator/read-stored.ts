import { bytesBeyond, type JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { ModelTool } from '../models/prompt.js'
import { BUILT_IN_TOOLS, type ToolSpec } from '../tools/tool.js'
import type { Activation } from './activation.js'
import { readSpec } from './read-step.js'
import { type Stored, storedValue, words } from './stored.js'

/** How a model is offered to read on in a stored output. */
export const readStoredTool: ModelTool = {
  name: BUILT_IN_TOOLS.readStored,
  description: `Read part of a stored output: at most ${LIMITS.read_stored_chars} characters from a place on.`,
  inputSchema: {
    type: 'object',
    properties: {
      ref: { type: 'string' },
      from: { type: 'integer', minimum: 0 },
      length: { type: 'integer', minimum: 1, maximum: LIMITS.read_stored_chars },
    },
    required: ['ref'],
  },
}

/** Outputs of one conversation that are stored, each under a name that the model is told. */
export class StoredOutputs {
  readonly #byRef = new Map<string, Stored>()

  get size(): number {
    return this.#byRef.size
  }

  /** What the model is shown in place of a stored output. */
  show(stored: Stored): JsonValue {
    const ref = `stored-${this.#byRef.size + 1}`
    this.#byRef.set(ref, stored)
    const { bytes, head } = stored
    return { stored: ref, bytes, head, note: `Only the head is shown; ${BUILT_IN_TOOLS.readStored} reads on.` }
  }

  /** The read as a tool like any other: judged, begun, charged and written down. */
  spec(run: Activation): ToolSpec {
    return readSpec(BUILT_IN_TOOLS.readStored, (asked) => this.#read(run, asked as Record<string, unknown> | null))
  }

  /** A model may ask for anything: what is no place is the beginning, what is no length the longest. */
  async #read(run: Activation, asked: Record<string, unknown> | null): Promise<JsonValue> {
    const stored = this.#byRef.get(String(asked?.ref))
    if (!stored) return { error: `Nothing is stored under that name; there is: ${[...this.#byRef.keys()].join(', ')}.` }
    const all = words(await storedValue(run, stored))
    const from = wholeNumber(asked?.from, 0)
    const length = Math.min(wholeNumber(asked?.length, LIMITS.read_stored_chars), LIMITS.read_stored_chars)
    return { text: shortPart(all, from, length), from, of: all.length }
  }
}

const wholeNumber = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && value >= 0 ? Math.floor(value) : otherwise

/** A part that is not itself so large that it would be stored. */
function shortPart(all: string, from: number, length: number): string {
  const part = all.slice(from, from + length)
  const fits = bytesBeyond(LIMITS.spill_bytes / 2, part) === null
  return fits || length <= 1 ? part : shortPart(all, from, Math.floor(length / 2))
}
