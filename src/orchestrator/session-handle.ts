import { MidwatchError } from '../core/errors.js'
import type { JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import type { RunRow } from '../core/run-row.js'
import type { SessionRow } from '../core/sessions.js'

/** A session as its ledger knows it. */
export type SessionView = Omit<SessionRow, 'state'> & {
  /** As it was last written, with the version of its form; null before. */
  readonly state: { readonly version: number; readonly value: JsonValue } | null
}

/** One conversation or case of a tenant. */
export class SessionHandle {
  constructor(
    readonly at: { readonly tenant: string; readonly session: string },
    private readonly ledger: Ledger,
  ) {}

  /** null before its first message. */
  async read(): Promise<SessionView | null> {
    const row = await this.ledger.session(this.at)
    return row && viewOf(row)
  }

  /** Its runs, newest first. */
  runs(limit = 100): Promise<RunRow[]> {
    return this.ledger.runs({ ...this.at, limit })
  }

  /** Takes no message any more; those that were accepted are worked. True when it was open. Throws `unknown_session`. */
  async close(p: { readonly by: string; readonly reason?: string }): Promise<boolean> {
    return this.#turned((await this.ledger.closeSession({ ...this.at, ...p })).code)
  }

  /** Takes messages again. True when it was closed. Throws `unknown_session`. */
  async reopen(p: { readonly by: string }): Promise<boolean> {
    return this.#turned((await this.ledger.reopenSession({ ...this.at, ...p })).code)
  }

  #turned(code: 'ok' | 'unknown' | 'unchanged'): boolean {
    if (code === 'unknown') throw unknownSession(this.at)
    return code === 'ok'
  }
}

export function viewOf({ state, ...row }: SessionRow): SessionView {
  return { ...row, state: state && { version: state.version, value: JSON.parse(state.text) as JsonValue } }
}

export function unknownSession({ tenant, session }: SessionHandle['at']): MidwatchError {
  return new MidwatchError(
    'unknown_session',
    `Tenant '${tenant}' has no session '${session}'; 'midwatch session list' names those there are.`,
  )
}
