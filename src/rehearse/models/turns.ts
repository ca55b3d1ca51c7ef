import type { PortMessage, PortOptions, PortPart, PortResult } from '../../models/port.js'

type Assistant = Extract<PortMessage, { role: 'assistant' }>

/**
 * The turns of one run's conversation, told apart: those that the model meant, and those that a fault made of them. A script
 * is shown the first alone, so that it goes on as if nothing had been. Kept by the provider's side: no worker can lose it.
 */
export class Turns {
  /** Calls and texts that a fault made the model say. */
  readonly #bad = new Set<string>()
  /** By what an answer begins with: how many turns there were with it. */
  readonly #turns = new Map<string, number>()
  #made = 0
  /** A loop under way: what is said again, and how often still. */
  loop: { readonly name: string; readonly inputText: string; left: number } | null = null

  /** An id for a call that a fault makes, no other call's in this run. */
  badId(): string {
    this.#made += 1
    const id = `bad_${this.#made}`
    this.#bad.add(id)
    return id
  }

  /** Marks what is said in place of a call. */
  badText(text: string): string {
    this.#made += 1
    const marked = `${text} (${this.#made})`
    this.#bad.add(marked)
    return marked
  }

  /** The conversation without what faults put into it. */
  cleaned(prompt: PortMessage[]): PortMessage[] {
    if (this.#bad.size === 0) return prompt
    let afterText = false
    return prompt.flatMap((message): PortMessage[] => {
      const answersText = afterText && message.role === 'user'
      afterText = message.role === 'assistant' && this.#bad.has(textOf(message))
      if (answersText || afterText) return []
      if (message.role === 'assistant') return this.#meant(message)
      if (message.role !== 'tool') return [message]
      const content = message.content.filter((result) => !this.#bad.has(result.toolCallId))
      return content.length === 0 ? [] : [{ role: 'tool', content }]
    })
  }

  /** Which turn is due, from 1. `asked` is cleaned. */
  due({ prompt }: Pick<PortOptions, 'prompt'>): number {
    const said = prompt.filter((message) => message.role === 'assistant')
    const last = said.at(-1)
    return 1 + (last === undefined ? 0 : (this.#turns.get(anchorOf(last.content)) ?? said.length))
  }

  /** An answer that the model meant, to what `due` says. */
  meant(answer: PortResult, turn: number): void {
    this.#turns.set(anchorOf(answer.content), turn)
  }

  #meant(message: Assistant): PortMessage[] {
    const calls = message.content.filter((part) => part.type === 'tool-call')
    const bad = calls.filter((call) => this.#bad.has(call.toolCallId))
    if (bad.length === 0) return [message]
    if (bad.length === calls.length) return []
    return [{ role: 'assistant', content: message.content.filter((part) => !bad.some((call) => call === part)) }]
  }
}

/** What tells one answer of a run from the others: the id of its first call, else its text. */
function anchorOf(content: readonly Pick<PortPart, 'type' | 'toolCallId' | 'text'>[]): string {
  const call = content.find((part) => part.type === 'tool-call')
  return call?.toolCallId ?? content.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('')
}

function textOf({ content }: Assistant): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
