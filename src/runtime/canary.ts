import { sha256 } from '../core/digest.js'
import { MidwatchError } from '../core/errors.js'
import type { Entropy } from '../core/ids.js'
import type { Ledger } from '../core/ledger.js'
import type { Definition } from '../orchestrator/definition.js'

/** A version that takes a share of what is started of an agent. */
export interface Canary {
  readonly version: number
  /** From 0 to 1. */
  readonly share: number
}

export type Canaries = Readonly<Record<string, Canary>>

/** Of a start: whom it is for. */
export interface StartedFor {
  readonly tenant?: string
  readonly session?: string
  readonly key?: string
}

/** Throws `invalid_config` for a canary that is not served here, or whose share is none. */
export function checkCanaries(canaries: Canaries, definitions: Iterable<Definition>): void {
  const served = [...definitions]
  for (const [name, { version, share }] of Object.entries(canaries)) {
    if (!served.some((one) => one.name === name && one.version === version)) {
      const what = `canary: version ${version} of '${name}' is not among the agents in run: […]; add it there.`
      throw new MidwatchError('invalid_config', what)
    }
    if (!(share >= 0 && share <= 1)) {
      throw new MidwatchError('invalid_config', `canary: the share of '${name}' is a number from 0 to 1, not ${share}.`)
    }
  }
}

/** What chooses between the version that was asked for and its canary. */
export class CanaryChoice {
  constructor(
    private readonly ports: { readonly ledger: Ledger; readonly entropy: Entropy },
    private readonly canaries: Canaries,
    private readonly definitions: readonly Definition[],
  ) {}

  /**
   * The definition for a start. A session, or without one a key, has the same while the share stands, and a share that grows
   * takes none back. Who starts the canary itself gets it. A session whose state was written by the newer goes to it.
   */
  async of(asked: Definition, by: StartedFor): Promise<Definition> {
    const canary = this.canaries[asked.name]
    if (canary === undefined || canary.version === asked.version) return asked
    const other = this.definitions.find(({ name, version }) => name === asked.name && version === canary.version)
    if (other === undefined) return asked
    const drawn = this.#drawn(asked.name, by) < canary.share ? other : asked
    return this.#ableToRead(drawn, drawn === asked ? other : asked, by)
  }

  /** From 0 to 1, the same for the same session or key. */
  #drawn(name: string, { tenant = 'default', session, key }: StartedFor): number {
    const of = session ?? key
    if (of === undefined) return this.ports.entropy.random()
    return Number.parseInt(sha256(`${name}\u0000${tenant}\u0000${of}`).slice(0, 8), 16) / 2 ** 32
  }

  async #ableToRead(
    drawn: Definition,
    other: Definition,
    { tenant = 'default', session }: StartedFor,
  ): Promise<Definition> {
    const [known, newer] = [stateVersion(drawn), stateVersion(other)]
    if (session === undefined || newer <= known) return drawn
    const row = await this.ports.ledger.session({ tenant, session })
    const written = row?.state?.version ?? 0
    return written > known && written <= newer ? other : drawn
  }
}

const stateVersion = ({ session }: Definition): number => session?.state?.version ?? 0
