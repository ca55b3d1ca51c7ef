/** Whose something is. */
export interface Owner {
  /** A number for each process of a case, from 0. */
  readonly no: number
  readonly dead: boolean
  readonly still: boolean
  /** Lets it do something now, once it moves again, or never. */
  hand(go: () => void): void
}

/** Something that will happen at a time. Whose it is decides whether it can: the dead hear nothing more. */
export interface Happening {
  at: number
  /** Decides between equal times: one order of the processes for each moment, from the seed. */
  tie: number
  /** Decides what is left: the order of asking. */
  order: number
  readonly owner: Owner
  readonly run: () => void
  /** Called off, or over. */
  gone: boolean
  /** For a nap of a service that only looks again: its period in ms. */
  readonly nap: number | null
}

function before(a: Happening, b: Happening): boolean {
  if (a.at !== b.at) return a.at < b.at
  return a.tie !== b.tie ? a.tie < b.tie : a.order < b.order
}

/** What will happen, earliest first: a binary heap. What was called off is dropped when it comes to the top. */
export class Agenda {
  readonly #heap: Happening[] = []

  add(one: Happening): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(one)
    while (at > 0) {
      const up = (at - 1) >> 1
      const above = heap[up] as Happening
      if (!before(one, above)) break
      heap[at] = above
      at = up
    }
    heap[at] = one
  }

  /** The next that is not called off; it stays. */
  peek(): Happening | null {
    for (;;) {
      const top = this.#heap[0]
      if (top === undefined) return null
      if (!top.gone && !top.owner.dead) return top
      this.#removeTop()
    }
  }

  take(): Happening | null {
    const top = this.peek()
    if (top !== null) this.#removeTop()
    return top
  }

  #removeTop(): void {
    const heap = this.#heap
    const last = heap.pop() as Happening
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= heap.length) break
      if (down + 1 < heap.length && before(heap[down + 1] as Happening, heap[down] as Happening)) down += 1
      if (!before(heap[down] as Happening, last)) break
      heap[at] = heap[down] as Happening
      at = down
    }
    heap[at] = last
  }
}
