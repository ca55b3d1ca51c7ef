import type { Attributes, AttributeValue, Counter, Histogram, Meter } from '@opentelemetry/api'
import { attributes } from './attributes.js'
import { type Attribute, METRICS, type Metric, type MetricRow } from './conventions.js'

export type Labels = Partial<Record<Attribute, AttributeValue | null | undefined>>
/** One reading of a gauge. */
export interface Reading {
  readonly value: number
  readonly labels?: Labels
}

/** More values of one label than anybody deploys: what comes then is `_OTHER`, so that a wild code fills no store. */
const MOST_VALUES = 200
const OTHER = '_OTHER'

/** The metrics of the table, on each meter that wants them. */
export class Instruments {
  readonly #counters = new Map<Metric, readonly Counter[]>()
  readonly #histograms = new Map<Metric, readonly Histogram[]>()
  readonly #values = new Map<string, Set<unknown>>()

  constructor(private readonly meters: readonly Meter[]) {
    for (const [metric, row] of rows()) {
      const { name, kind, about: description, unit, buckets } = row
      if (kind === 'histogram') {
        const advice = { explicitBucketBoundaries: [...(buckets ?? [])] }
        this.#histograms.set(
          metric,
          meters.map((m) => m.createHistogram(name, { description, unit, advice })),
        )
      } else if (kind === 'counter')
        this.#counters.set(
          metric,
          meters.map((m) => m.createCounter(name, { description, unit })),
        )
    }
  }

  count(metric: Metric, labels: Labels = {}, amount = 1): void {
    const bounded = this.#bounded(metric, labels)
    for (const counter of this.#counters.get(metric) ?? []) counter.add(amount, bounded)
  }

  record(metric: Metric, value: number, labels: Labels = {}): void {
    const bounded = this.#bounded(metric, labels)
    for (const histogram of this.#histograms.get(metric) ?? []) histogram.record(value, bounded)
  }

  /** Read when somebody collects: a gauge, or a counter that is kept elsewhere. */
  watch(metric: Metric, read: () => readonly Reading[] | Promise<readonly Reading[]>): void {
    const { name, kind, about: description, unit }: MetricRow = METRICS[metric]
    for (const meter of this.meters) {
      const options = { description, unit }
      const watched =
        kind === 'gauge' ? meter.createObservableGauge(name, options) : meter.createObservableCounter(name, options)
      watched.addCallback(async (result) => {
        for (const { value, labels = {} } of await read()) result.observe(value, this.#bounded(metric, labels))
      })
    }
  }

  #bounded(metric: Metric, labels: Labels): Attributes {
    const named = attributes(labels)
    for (const [label, value] of Object.entries(named)) {
      const key = `${metric} ${label}`
      const seen = this.#values.get(key) ?? new Set()
      this.#values.set(key, seen)
      if (seen.size < MOST_VALUES) seen.add(value)
      else if (!seen.has(value)) named[label] = OTHER
    }
    return named
  }
}

/** Those that are counted as things happen; what is read on demand is set up by whoever reads it. */
function rows(): [Metric, MetricRow][] {
  return Object.entries<MetricRow>(METRICS).filter(([metric]) => metric !== 'cpu') as [Metric, MetricRow][]
}
