import { MidwatchError } from '../core/errors.js'

/** Where secrets come from. The default reads the environment. */
export type SecretSource = (name: string, of: { tenant: string }) => string | undefined | Promise<string | undefined>

/** Shorter ones are not concealed: they would be found in innocent text. */
const SHORTEST_CHARS = 6
/** A line of a longer secret, such as a key file, tells as much as this. */
const TELLING_LINE_CHARS = 16
const STRING_LITERAL = /"(?:[^"\\]|\\.)*"/g

/** Resolves secrets at the moment of a call and keeps them out of everything that is written. */
export class Secrets {
  /** What to look for, longest first, and what stands in its place. */
  #known: readonly (readonly [form: string, shown: string])[] = []
  readonly #seen = new Set<string>()
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
    if (value.length >= SHORTEST_CHARS && !this.#seen.has(value)) this.#learn(value, name)
    return value
  }

  /** The text without any secret that was ever handed out: `[secret NAME]` stands in its place. */
  readonly concealText = (text: string): string => {
    let clean = text
    for (const [form, shown] of this.#known) if (clean.includes(form)) clean = clean.replaceAll(form, shown)
    return clean
  }

  /** The same for JSON text, which stays JSON: only its strings are touched. */
  readonly conceal = (json: string): string => {
    if (!this.#known.some(([form]) => json.includes(escaped(form)))) return json
    return json.replace(STRING_LITERAL, (literal) => JSON.stringify(this.concealText(JSON.parse(literal))))
  }

  #learn(value: string, name: string): void {
    this.#seen.add(value)
    const forms = formsOf(value).map((form) => [form, `[secret ${name}]`] as const)
    this.#known = [...this.#known, ...forms].sort(([a], [b]) => b.length - a.length)
  }
}

/** A secret as it may come back: as it is, quoted in JSON once or twice, in a URL, or line by line. */
function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= TELLING_LINE_CHARS)
  const whole = [value, escaped(value), escaped(escaped(value)), encodeURIComponent(value.toWellFormed())]
  return [...new Set([...whole, ...lines])]
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1)
