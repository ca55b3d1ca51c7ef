import type { Entry } from '../core/entries.js'
import { readEntries } from '../core/invariants/read.js'
import type { JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import { type BeginBody, type NoteBody, readBody, type SettleBody } from '../runtime/operator.js'
import { entryText, outcomeText, saidBy } from './entry-line.js'
import { amount, brief, chainText, cut } from './words.js'

const AT_ONCE = 200

/** Reads a run's journal as it grows, and tells what a person watching wants to hear. */
export class Progress {
  #next = 1
  #begun = 0
  readonly #names = new Map<number, string>()

  constructor(
    private readonly ledger: Ledger,
    private readonly runId: string,
    private readonly say: (line: string) => void,
  ) {}

  /** Tells what was written since the last look. */
  async look(): Promise<void> {
    for (;;) {
      const entries = await readEntries(this.ledger, this.runId, this.#next, this.#next + AT_ONCE - 1)
      for (const entry of entries) this.#hear(entry)
      this.#next += entries.length
      if (entries.length < AT_ONCE) return
    }
  }

  #hear(entry: Entry): void {
    if (entry.seq === 1) this.#begun = entry.at
    const line = this.#lineOf(entry)
    if (line !== null) this.say(`${`+${((entry.at - this.#begun) / 1_000).toFixed(1)}s`.padStart(8)}  ${line}`)
  }

  #lineOf(entry: Entry): string | null {
    switch (entry.kind) {
      case 'begin':
        this.#names.set(entry.seq, readBody<BeginBody>(entry.body).name ?? entry.facts.tool ?? 'model')
        return null
      case 'settle':
        return this.#settled(entry)
      case 'doubt':
        return `${this.#nameOf(entry)}: the answer was lost; it may have acted, so it is looked into first`
      case 'note':
        return noteLine(readBody<NoteBody>(entry.body))
      case 'claim':
        return (entry.facts.claims ?? 1) > 1 ? `taken up by ${entryText(entry)}` : null
      default:
        return null
    }
  }

  #settled(entry: Entry): string | null {
    const { final, fault, source } = readBody<SettleBody>(entry.body)
    const name = this.#nameOf(entry)
    if (!final) return `${name}: ${[fault?.code, fault?.message].filter(Boolean).join(', ')}; not done`
    if (final.status !== 'completed') return `${name}: ${outcomeText(final as unknown as JsonValue)}`
    const said = saidBy(final.output as JsonValue)
    if (!said) return `${name}: ${brief(final.output as JsonValue, 120)}${source ? ` (known by ${source})` : ''}`
    const calls = said.toolCalls.map((call) => `${call.name} ${cut(call.inputText, 90)}`)
    return `proposes ${calls.join(', ') || 'nothing'}${said.text === '' ? '' : `: “${cut(said.text, 120)}”`}`
  }

  #nameOf(entry: Entry): string {
    return this.#names.get(entry.ref ?? 0) ?? 'a step'
  }
}

function noteLine({ about, step, detail, final }: Partial<NoteBody>): string | null {
  const what = (step ?? '').replace(/#\d+$/, '')
  const known = (typeof detail === 'object' && detail !== null ? detail : {}) as Record<string, JsonValue>
  switch (about) {
    case 'refused':
      return `refused ${what}: ${final && 'say' in final ? final.say : brief(detail)}`
    case 'escalated':
      return `${what} needs a person: ${chainText(known.chain)}`
    case 'answered':
      return known.by === undefined
        ? null
        : `${known.by} says ${known.decision}${known.note ? `: ${brief(known.note)}` : ''}`
    case 'expired':
      return `nobody answered about ${what}`
    case 'breach': {
      const of = (value: JsonValue | undefined) => amount(String(known.meter), Number(value ?? 0))
      return `no room for ${what} on ${known.meter}: ${of(known.used)} used and ${of(known.reserved)} set aside of ${of(known.limit)}, ${of(known.amount)} more asked for`
    }
    case 'busy':
      return `${what} waits for ${known.lock ?? 'its key'}, which another run holds`
    case 'repeated':
      return `${what} was done before: its first result stands`
    case 'failed':
      return final ? `${what} gave up: ${outcomeText(final as unknown as JsonValue)}` : null
    case 'code':
      return `other code goes on: ${known.code}`
    case 'mismatch':
      return `the code no longer fits the journal: ${brief(detail)}`
    default:
      return null
  }
}
