/** What the scripted model says next: a stated reason and one call. */
export interface Decision {
  readonly say: string
  /** Tool, or way out. */
  readonly name: string
  readonly input?: unknown
  /** In place of `input`: goes out as it is, perhaps malformed. */
  readonly inputText?: string
}
