import { toJson } from '../../core/json.js'
import { thrownAgain, thrownOf } from './thrown.js'
import type { Given } from './wire.js'

/** Answers of the other side by the number of the question. */
export class Pending {
  #last = 0
  readonly #open = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>()

  /** Asks, and resolves with what is given. */
  ask(send: (id: number) => void): { readonly id: number; readonly given: Promise<unknown> } {
    this.#last += 1
    const id = this.#last
    const given = new Promise<unknown>((resolve, reject) => this.#open.set(id, { resolve, reject }))
    send(id)
    return { id, given }
  }

  give(id: number, given: Given): void {
    const open = this.#open.get(id)
    this.#open.delete(id)
    if (given.ok) open?.resolve(given.value)
    else open?.reject(thrownAgain(given.thrown))
  }

  /** The other side is gone: nothing will be given any more. */
  rejectAll(error: Error): void {
    for (const { reject } of this.#open.values()) reject(error)
    this.#open.clear()
  }
}

/** What came of some work, for the wire. */
export async function givenBy(work: () => Promise<unknown>): Promise<Given> {
  try {
    const value = await work()
    return { ok: true, value: isClonable(value) ? value : toJson(value) }
  } catch (error) {
    return { ok: false, thrown: thrownOf(error) }
  }
}

function isClonable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol'
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
