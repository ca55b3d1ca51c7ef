import type { AttemptOver, Observed } from '../core/observed.js'
import type { Instruments, Labels } from './instruments.js'
import { providerName, serverOf } from './provider-name.js'

type Of<K extends Observed['kind']> = Extract<Observed, { kind: K }>

const s = (ms: number): number => ms / 1_000

/** Counts what is told. */
export class Metering {
  /** Where requests of a model go, by its name; as many as are deployed. */
  readonly #servers = new Map<string, Labels>()

  constructor(private readonly to: Instruments) {}

  readonly listener = (event: Observed): void => {
    this.#ofRuns(event)
    this.#ofSteps(event)
    this.#ofDecisions(event)
    this.#ofLedger(event)
    this.#ofDrift(event)
  }

  #ofRuns(event: Observed): void {
    const { to } = this
    if (event.kind === 'run.admitted' && event.isNew)
      to.count('admitted', { agentName: event.run.agent, how: event.how })
    else if (event.kind === 'run.parked') to.count('parked', { agentName: event.run.agent, waits: event.waits })
    else if (event.kind === 'run.lost') to.count('lost', { code: event.code })
    else if (event.kind === 'run.ended') this.#ended(event)
  }

  #ended({ run, outcome, detail, owner, ageMs }: Of<'run.ended'>): void {
    const { agent: agentName, version } = run
    // Whom it was handed to, and which scope was killed, are names of people and tenants.
    const code = outcome === 'failed' || outcome === 'exhausted' || outcome === 'refused' ? detail : undefined
    this.to.count('ended', { agentName, agentVersion: String(version), outcome, code, failureOwner: owner })
    this.to.record('age', s(ageMs), { agentName, outcome })
  }

  #ofSteps(event: Observed): void {
    const { to } = this
    if (event.kind === 'step.over') {
      const { sort, name, status, tookMs } = event
      to.record('steps', s(tookMs), { sort, name, status })
    } else if (event.kind === 'begin.granted') to.record('begins', s(event.tookMs), { sort: event.sort })
    else if (event.kind === 'begin.refused') {
      to.record('begins', s(event.tookMs), { sort: event.sort })
      to.count('refusals', { agentName: event.run.agent, code: event.code })
    } else if (event.kind === 'model.asked') this.#asked(event)
    else if (event.kind === 'attempt.over') this.#attempt(event)
    else if (event.kind === 'fallback') to.count('fallbacks', { name: event.name })
  }

  #attempt(event: AttemptOver): void {
    const { sort, name, did, fault: errorType, tookMs } = event
    this.to.count('attempts', { sort, name, did })
    if (sort === 'model') this.#model(event)
    if (sort !== 'tool') return
    this.to.record('toolDuration', s(tookMs), { operation: 'execute_tool', toolName: name, errorType })
    if (errorType !== null) this.to.count('toolErrors', { toolName: name, errorType })
  }

  #asked({ provider, model, url }: Of<'model.asked'>): void {
    this.#servers.set(`${provider.split('.')[0]}/${model}`, { provider: providerName(provider), ...serverOf(url) })
  }

  #model({ run, name, fault: errorType, tookMs, usage = {} }: AttemptOver): void {
    const { to } = this
    const requestModel = name.slice(name.indexOf('/') + 1)
    const provider = providerName(name.slice(0, name.indexOf('/')))
    const labels = { operation: 'chat', requestModel, provider, ...this.#servers.get(name) }
    for (const metric of ['inference', 'operation'] as const) to.record(metric, s(tookMs), { ...labels, errorType })
    const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens, usdMicros } = usage
    const counted = {
      inputTokens,
      outputTokens,
      reasoning: reasoningTokens,
      cacheRead: cachedInputTokens,
      cacheWrite: cacheWriteTokens,
    }
    for (const [metric, tokens = 0] of Object.entries(counted) as [keyof typeof counted, number | undefined][]) {
      if (tokens > 0) to.count(metric, labels, tokens)
    }
    if (inputTokens) to.record('tokenUsage', inputTokens, { ...labels, tokenType: 'input' })
    if (outputTokens) to.record('tokenUsage', outputTokens, { ...labels, tokenType: 'output' })
    if (usdMicros) to.count('cost', { provider: labels.provider, requestModel, agentName: run.agent }, usdMicros / 1e6)
  }

  #ofDecisions(event: Observed): void {
    const { to } = this
    if (event.kind === 'verdict') to.count('verdicts', { toolName: event.tool, verdict: event.verdict })
    else if (event.kind === 'refused') to.count('refusals', { agentName: event.run.agent, code: event.reason })
    else if (event.kind === 'escalation.asked') to.count('escalations', { about: event.about })
    else if (event.kind === 'escalation.answered') to.count('answers', { decision: event.decision })
    else if (event.kind === 'doubt.raised') {
      to.count('doubts', { name: event.name })
      to.count('attempts', { sort: event.sort, name: event.name, did: 'doubt' })
    } else if (event.kind === 'doubt.resolved') {
      to.count('doubtsResolved', { name: event.name, did: event.did, source: event.source })
    } else if (event.kind === 'kill.met') {
      to.count('kills', { scopeKind: event.scope.split(':', 1)[0], mode: event.mode, where: event.where })
    } else if (event.kind === 'scored') {
      const { name: evaluationName, value, by: scoredBy } = event
      to.record('scores', value, { agentName: event.run.agent, evaluationName, scoredBy })
    } else if (event.kind === 'estimated') {
      to.record('estimates', event.confidence, { agentName: event.run.agent, estimator: event.by })
    } else if (event.kind === 'signal') to.count('signals', { signal: event.signal, policy: event.policy })
  }

  #ofDrift(event: Observed): void {
    if (event.kind === 'drift.alarm') {
      const { agent: agentName, measure, direction, meaning } = event
      this.to.count('drifts', { agentName, measure, direction, meaning })
    } else if (event.kind === 'tripwire.tripped') {
      const { agent: agentName, wire, act } = event
      this.to.count('tripwires', { agentName, wire, act })
    }
  }

  #ofLedger(event: Observed): void {
    const { to } = this
    if (event.kind === 'batch.applied') {
      to.record('batchOps', event.ops)
      to.record('batches', s(event.tookMs))
      if (event.tries > 1) to.count('resends', {}, event.tries - 1)
    } else if (event.kind === 'claimed') {
      if (event.got > 0) to.count('claimed', {}, event.got)
      to.record('claims', s(event.tookMs))
    } else if (event.kind === 'lease.lost') to.count('leaseLosses')
    else if (event.kind === 'queue.refused') {
      const { asked, overload } = event
      const scopeKind = overload.scope.split(':', 1)[0]
      to.count('queueRefused', { queue: asked.queue, priority: asked.priority, scopeKind, code: overload.why })
    } else if (event.kind === 'queue.shed') to.count('queueShed', { queue: event.by.queue })
    else if (event.kind === 'breaker.moved') to.count('breakerMoves', { breakerKey: event.key, state: event.state })
  }
}
