import type { Moment } from '../moment.js'

/** First line to a warden: the server that it is for. */
export interface Start {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** Every line after it: one message of the client. With `until` the server may not live past that moment without having answered it. */
export interface Pass {
  readonly line: string
  readonly id?: string | number
  readonly until?: Moment
}

/** What a warden says itself, between the server's own lines. */
export interface Word {
  readonly midwatch: 'ended' | 'too_late'
  readonly why: string
  /** The message that came too late, and was not passed on. */
  readonly id?: string | number
}

export function wordIn(line: string): Word | null {
  if (!line.startsWith('{"midwatch":')) return null
  try {
    return JSON.parse(line) as Word
  } catch {
    return null
  }
}

export const wordLine = (word: Word): string => `${JSON.stringify(word)}\n`
