import type { Api } from '../../src/http/app.js'
import { schemaFrom } from '../../src/tools/mcp/json-schema.js'
import type { Schema } from '../../src/tools/schema.js'

/** A schema of the document, as far as it is walked here. */
interface Shape {
  readonly $ref?: string
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly additionalProperties?: unknown
  readonly items?: Shape
}

interface Answers {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Shape }>> }>
  >
}

/** The API's own document. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Answers>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Shape>> }
}

/** Holds answers against what the document declares of them: their shape, and that there is nothing in them that it does not name. */
export class Declared {
  readonly #schemas = new Map<Shape, Schema<unknown, unknown>>()

  constructor(private readonly document: OpenApi) {}

  /** What is wrong with an answer of JSON; undefined when nothing is. `path` may be a template or a path that was asked for. */
  async faultIn(p: {
    readonly method: string
    readonly path: string
    readonly status: number
    readonly type: string
    readonly body: unknown
  }): Promise<string | undefined> {
    const answers = this.#answersOf(p.path)?.[p.method.toLowerCase()]
    const shape = answers?.responses[p.status]?.content?.[p.type]?.schema
    if (shape === undefined) return answers && `nothing is declared of ${p.status} as ${p.type}`
    const read = await this.#schemaOf(shape)['~standard'].validate(p.body)
    if (read.issues) return `it is not as declared: ${read.issues.map(({ message }) => message).join('; ')}`
    const [extra] = this.#undeclared(shape, p.body, '')
    return extra === undefined ? undefined : `nothing is declared of ${extra}`
  }

  #answersOf(path: string): Readonly<Record<string, Answers>> | undefined {
    const exact = this.document.paths[path]
    if (exact) return exact
    const fits = (template: string) =>
      new RegExp(`^${template.replace(/\./g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path)
    const found = Object.keys(this.document.paths).find(fits)
    return found === undefined ? undefined : this.document.paths[found]
  }

  #schemaOf(shape: Shape): Schema<unknown, unknown> {
    const known = this.#schemas.get(shape)
    if (known) return known
    const whole = { ...shape, components: this.document.components }
    const made = schemaFrom(() => whole as never)
    this.#schemas.set(shape, made)
    return made
  }

  /** Fields that no schema names, as `.a.b`; where one of several would do, one of them has to name them. */
  #undeclared(shape: Shape, value: unknown, at: string): string[] {
    if (typeof value !== 'object' || value === null) return []
    const { $ref, anyOf, oneOf, properties, additionalProperties, items } = shape
    if ($ref !== undefined)
      return this.#undeclared(this.document.components.schemas[$ref.replace(/^.*\//, '')] ?? {}, value, at)
    const some = anyOf ?? oneOf
    if (some) return some.map((one) => this.#undeclared(one, value, at)).sort((a, b) => a.length - b.length)[0] ?? []
    if (Array.isArray(value)) return items ? value.flatMap((one, n) => this.#undeclared(items, one, `${at}[${n}]`)) : []
    if (properties === undefined) return []
    return Object.entries(value).flatMap(([name, one]) => {
      const known = properties[name]
      if (known) return this.#undeclared(known, one, `${at}.${name}`)
      return additionalProperties === undefined || additionalProperties === false ? [`${at}.${name}`] : []
    })
  }
}

/** An API of which every answer is held against its own document; one that does not fit throws. */
export function declaredApi(served: Api): Api {
  let loading: Promise<Declared> | undefined
  const load = async () => {
    const response = await served.fetch(new Request('http://localhost/openapi.json'))
    return new Declared((await response.json()) as OpenApi)
  }
  const fetch: Api['fetch'] = async (request, from) => {
    const response = await served.fetch(request, from)
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
    const { pathname } = new URL(request.url)
    if (!type.endsWith('json') || pathname === '/openapi.json') return response
    loading ??= load()
    const { method } = request
    const fault = await (await loading).faultIn({
      method,
      path: pathname,
      status: response.status,
      type,
      body: await response.clone().json(),
    })
    if (fault !== undefined) throw new Error(`${method} ${pathname} answered ${response.status}: ${fault}`)
    return response
  }
  return { fetch }
}
