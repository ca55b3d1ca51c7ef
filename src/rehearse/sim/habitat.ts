/** Time and chance as code that knows nothing of the simulation finds them. */
export interface Habitat {
  now(): number
  /** Ms since the case began. */
  elapsed(): number
  random(): number
  uuid(): string
  /** Calls after so long; back comes the way to call it off. */
  timer(ms: number, ring: () => void): () => void
  soon(call: () => void): void
}
