/** A background loop: one noun, one lifecycle. */
export interface Service {
  start(): Promise<void>
  /** Ends the loop and waits for its last turn. */
  stop(): Promise<void>
}
