/** The other side: an accounting system that books an invoice each time it is asked, and knows what it has booked. */
export class Books {
  readonly #booked = new Map<string, number>()
  /** How often it was asked to book. */
  asked = 0

  book(key: string): { readonly booking: number } {
    this.asked += 1
    const booking = (this.#booked.get(key) ?? 0) + 1
    this.#booked.set(key, booking)
    return { booking }
  }

  has(key: string): boolean {
    return this.#booked.has(key)
  }

  /** Invoices that stand in the books, and those that stand there more than once. */
  get count(): { readonly booked: number; readonly twice: number } {
    const twice = [...this.#booked.values()].filter((times) => times > 1).length
    return { booked: this.#booked.size, twice }
  }
}
