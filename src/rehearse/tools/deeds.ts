import type { EpochMs } from '../../core/time.js'
import type { Call } from '../../tools/tool.js'

/** Something that one provider did. */
interface Deed {
  readonly result: unknown
  readonly at: EpochMs
}

type Under = Pick<Call, 'tenant' | 'key'>

/** What a provider has done, by the account and the key that it was done under; of several under one key, the last. */
export class Deeds {
  readonly #deeds = new Map<string, Deed>()

  add(under: Under, deed: Deed): void {
    this.#deeds.set(nameOf(under), deed)
  }

  under(under: Under): Deed | undefined {
    return this.#deeds.get(nameOf(under))
  }

  /** Whether something was done under the key after `since`. */
  knows(under: Under, since: EpochMs): boolean {
    const deed = this.under(under)
    return deed !== undefined && deed.at > since
  }
}

const nameOf = ({ tenant, key }: Under) => `${tenant}\n${key}`
