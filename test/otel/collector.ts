import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A value as OTLP's JSON has it. */
type Value =
  | { readonly stringValue: string }
  | { readonly intValue: number | string }
  | { readonly doubleValue: number }
  | { readonly boolValue: boolean }
  | { readonly arrayValue: { readonly values: readonly Value[] } }
type Plain = string | number | boolean | readonly Plain[]
type Attributes = readonly { readonly key: string; readonly value: Value }[]

interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Attributes
  readonly events?: readonly { readonly name: string; readonly attributes: Attributes }[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status: { readonly code?: number }
}

interface Point {
  readonly attributes: Attributes
  readonly asInt?: number | string
  readonly asDouble?: number
  readonly count?: number | string
  readonly explicitBounds?: readonly number[]
}

interface WireMetric {
  readonly name: string
  readonly unit: string
  readonly sum?: { readonly dataPoints: readonly Point[] }
  readonly gauge?: { readonly dataPoints: readonly Point[] }
  readonly histogram?: { readonly dataPoints: readonly Point[] }
}

export interface CollectedSpan extends Omit<WireSpan, 'attributes' | 'events' | 'links'> {
  readonly attributes: Readonly<Record<string, Plain>>
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, Plain>> }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

export interface CollectedPoint extends Omit<Point, 'attributes'> {
  readonly metric: string
  readonly unit: string
  readonly kind: 'sum' | 'gauge' | 'histogram'
  readonly attributes: Readonly<Record<string, Plain>>
}

/** A collector on loopback: receives OTLP over HTTP as JSON and keeps it. */
export class Collector {
  /** Bodies as they came, by path. */
  readonly received: {
    readonly path: string
    readonly headers: Readonly<Record<string, unknown>>
    readonly text: string
  }[] = []
  /** What it answers. */
  status = 200
  #server: Server | null = null

  async start(): Promise<string> {
    this.#server = createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8')
      request.on('data', (part: string) => {
        text += part
      })
      request.on('end', () => {
        this.received.push({ path: request.url ?? '', headers: request.headers, text })
        response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}')
      })
    })
    await new Promise<void>((done) => this.#server?.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((done) => this.#server?.close(done) ?? done(null))
  }

  get spans(): CollectedSpan[] {
    type Batch = { resourceSpans: { scopeSpans: { spans: WireSpan[] }[] }[] }
    return this.#bodies<Batch>('/v1/traces').flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(collected))),
    )
  }

  get points(): CollectedPoint[] {
    type Batch = { resourceMetrics: { scopeMetrics: { metrics: WireMetric[] }[] }[] }
    return this.#bodies<Batch>('/v1/metrics').flatMap(({ resourceMetrics }) =>
      resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(pointsOf))),
    )
  }

  #bodies<T>(path: string): T[] {
    return this.received.filter((one) => one.path === path).map(({ text }) => JSON.parse(text) as T)
  }
}

function collected({ attributes, events = [], links = [], ...span }: WireSpan): CollectedSpan {
  const plainEvents = events.map(({ name, attributes: of }) => ({ name, attributes: plain(of) }))
  return { ...span, attributes: plain(attributes), events: plainEvents, links }
}

function pointsOf({ name: metric, unit, sum, gauge, histogram }: WireMetric): CollectedPoint[] {
  const all = { sum, gauge, histogram }
  return (Object.keys(all) as (keyof typeof all)[]).flatMap((kind) =>
    (all[kind]?.dataPoints ?? []).map((point) => ({
      ...point,
      metric,
      unit,
      kind,
      attributes: plain(point.attributes),
    })),
  )
}

const plain = (attributes: Attributes): Record<string, Plain> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plainOf(value)]))

function plainOf(value: Value): Plain {
  if ('arrayValue' in value) return (value.arrayValue.values ?? []).map(plainOf)
  if ('intValue' in value) return Number(value.intValue)
  return Object.values(value)[0] as Plain
}
