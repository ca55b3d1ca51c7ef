import { MidwatchError } from '../core/errors.js'

/** Where secrets come from. The default reads the environment. */
export type SecretSource = (name: string, of: { tenant: string }) => string | undefined | Promise<string | undefined>

const SHORTEST = 6

/** Resolves secrets at the moment of a call and keeps them out of everything that is written. */
export class Secrets {
  readonly #known = new Map<string, string>()
  constructor(private readonly source: SecretSource = (name) => process.env[name]) {}

  /** Throws `missing_secret`. */
  async resolve(name: string, tenant: string): Promise<string> {
    const value = await this.source(name, { tenant })
    if (value === undefined || value === '') {
      throw new MidwatchError(
        'missing_secret',
        `The secret '${name}' is not set; put it into the environment or the runtime's secrets option.`,
      )
    }
    if (value.length >= SHORTEST) this.#known.set(JSON.stringify(value).slice(1, -1), name)
    return value
  }

  /** The text without any secret that was ever handed out: `[secret NAME]` stands in its place. */
  readonly conceal = (text: string): string => {
    let clean = text
    for (const [value, name] of this.#known)
      if (clean.includes(value)) clean = clean.replaceAll(value, `[secret ${name}]`)
    return clean
  }
}
