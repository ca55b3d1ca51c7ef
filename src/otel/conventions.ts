/**
 * Every name that leaves the process, in one table: attributes, spans, events, metrics. Nothing else in `src/` spells one.
 * The GenAI names are in Development and move from release to release; `CONVENTIONS` says which one they are of.
 */
export const CONVENTIONS = {
  /** github.com/open-telemetry/semantic-conventions-genai */
  genai: '0.1.0',
  /** The last release that had GenAI names in the main conventions: two metrics are kept of it, for dashboards read them. */
  before: '1.41.0',
  /** github.com/open-telemetry/semantic-conventions */
  core: '1.45.0',
} as const

/** Who makes spans and metrics: the instrumentation scope. */
export const SCOPE = 'midwatch'
/** Of the resource. */
export const SERVICE_NAME = 'service.name'

/** Whose name it is: one of the conventions, or our own. */
export type Source = keyof typeof CONVENTIONS | 'own'

type Row = readonly [name: string, source: Source, about: string]

/** What stands on spans, their events and metrics. */
export const ATTRIBUTES = {
  operation: ['gen_ai.operation.name', 'genai', '`invoke_agent`, `invoke_workflow` (a flow), `chat`, `execute_tool`'],
  provider: ['gen_ai.provider.name', 'genai', 'who serves the model, as the provider package names itself'],
  requestModel: ['gen_ai.request.model', 'genai', 'the model that was asked'],
  maxTokens: ['gen_ai.request.max_tokens', 'genai', "the provider's cap on the answer"],
  temperature: ['gen_ai.request.temperature', 'genai', 'where the agent sets one'],
  stream: ['gen_ai.request.stream', 'genai', 'true where the answer streams'],
  finishReasons: ['gen_ai.response.finish_reasons', 'genai', '`stop`, `length`, `tool_calls`, `other`'],
  inputTokens: ['gen_ai.usage.input_tokens', 'genai', 'as the provider told; cached ones among them'],
  outputTokens: ['gen_ai.usage.output_tokens', 'genai', 'as the provider told; reasoning among them'],
  cacheRead: ['gen_ai.usage.cache_read.input_tokens', 'genai', 'input that came from the cache'],
  cacheWrite: ['gen_ai.usage.cache_write.input_tokens', 'genai', 'input that went into the cache'],
  reasoningTokens: ['gen_ai.usage.reasoning.output_tokens', 'genai', 'output that was reasoning'],
  tokenType: ['gen_ai.token.type', 'before', '`input`, `output`'],
  agentName: ['gen_ai.agent.name', 'genai', 'the agent or flow'],
  agentVersion: ['gen_ai.agent.version', 'genai', 'its version'],
  conversation: ['gen_ai.conversation.id', 'genai', 'the session'],
  toolName: ['gen_ai.tool.name', 'genai', 'the tool'],
  toolType: ['gen_ai.tool.type', 'genai', '`function`'],
  toolArguments: ['gen_ai.tool.call.arguments', 'genai', 'content: JSON of the arguments'],
  toolResult: ['gen_ai.tool.call.result', 'genai', 'content: JSON of the result'],
  inputMessages: ['gen_ai.input.messages', 'genai', 'content: JSON of the prompt'],
  outputMessages: ['gen_ai.output.messages', 'genai', 'content: JSON of the answer'],
  evaluationName: ['gen_ai.evaluation.name', 'genai', 'the score: its name'],
  evaluationScore: ['gen_ai.evaluation.score.value', 'genai', 'its value, from 0 to 1'],
  errorType: ['error.type', 'core', 'why it failed: a code'],
  serverAddress: ['server.address', 'core', 'host of the provider, where the model object tells'],
  serverPort: ['server.port', 'core', 'its port'],
  memoryType: ['midwatch.process.memory', 'own', '`rss`, `heap_used`, `external`'],
  runId: ['midwatch.run', 'own', 'id of the run: `midwatch why RUN`'],
  tenant: ['midwatch.tenant', 'own', 'its tenant'],
  parent: ['midwatch.parent', 'own', 'the run that called it'],
  stretch: ['midwatch.stretch', 'own', 'which claim of the run this is, from 1'],
  claims: ['midwatch.claims', 'own', 'claims since the last settled step'],
  isKept: ['midwatch.kept', 'own', 'true where nothing had to be replayed'],
  state: ['midwatch.state', 'own', 'how the stretch ended: `parked`, `ended`, `lost`; of a breaker `open`, `closed`'],
  waits: ['midwatch.waits', 'own', 'what it parked for: `timer`, `person`, `lock`, `switch`, `child`, …'],
  outcome: ['midwatch.outcome', 'own', "the run's outcome"],
  failureOwner: [
    'midwatch.failure.owner',
    'own',
    'of `failed`: `model`, `tool`, `provider`, `policy`, `orchestration`, `store`',
  ],
  how: ['midwatch.admitted', 'own', '`started`, `called`, `mapped`, `continued`, `scored`'],
  step: ['midwatch.step', 'own', 'identity of the step in its run'],
  seq: ['midwatch.seq', 'own', 'the entry of the journal that granted it'],
  attempt: ['midwatch.attempt', 'own', 'attempt of the step, from 1'],
  sort: ['midwatch.sort', 'own', '`tool`, `model`, `read`, `call`'],
  name: ['midwatch.name', 'own', 'the tool, model, read or agent'],
  did: ['midwatch.did', 'own', '`performed`, `not_performed`, `failed`, `doubt`, `lost`'],
  status: ['midwatch.status', 'own', "status of a step's result"],
  isResend: ['midwatch.resend', 'own', 'true where it stands in the place of an attempt in doubt'],
  costUsd: ['midwatch.cost_usd', 'own', 'dollars that the call cost'],
  verdict: ['midwatch.verdict', 'own', '`allow`, `refuse`, `escalate`'],
  rule: ['midwatch.rule', 'own', 'the rule that said it'],
  reason: ['midwatch.reason', 'own', 'reason of a refusal'],
  code: ['midwatch.code', 'own', 'code of a refusal: `ceiling`, `switched`, `locked`, `policy`, …'],
  scope: ['midwatch.scope', 'own', 'where a switch or meter counts'],
  scopeKind: ['midwatch.scope_kind', 'own', 'the same without its name: `fleet`, `tenant`, `agent`, …'],
  mode: ['midwatch.mode', 'own', '`hold`, `end`'],
  where: ['midwatch.where', 'own', 'where a kill was met: `begin`, `claim`, `under_way`'],
  meter: ['midwatch.meter', 'own', 'the meter'],
  per: ['midwatch.per', 'own', 'its window'],
  used: ['midwatch.used', 'own', 'used and reserved, smallest unit'],
  limit: ['midwatch.limit', 'own', 'the ceiling, smallest unit'],
  meters: ['midwatch.meters', 'own', 'reservation: the meters, with their scopes'],
  amounts: ['midwatch.amounts', 'own', 'reservation: the worst case on each, smallest units'],
  escalation: ['midwatch.escalation', 'own', 'id of the question: `midwatch inbox`'],
  about: ['midwatch.about', 'own', '`approval`, `doubt`, `question`'],
  to: ['midwatch.to', 'own', 'who is asked first'],
  decision: ['midwatch.decision', 'own', 'what was answered; `nobody`, `overtaken`'],
  source: ['midwatch.source', 'own', 'how a doubt was cleared: `check`, `evidence`, `person`'],
  signal: ['midwatch.signal', 'own', 'the compensation signal'],
  measure: ['midwatch.drift.measure', 'own', 'what an agent’s runs came to, such as `tokens`'],
  direction: ['midwatch.drift.direction', 'own', '`up`, `down`'],
  meaning: ['midwatch.drift.meaning', 'own', '`worse`, `better`'],
  wire: ['midwatch.tripwire', 'own', 'the tripwire'],
  act: ['midwatch.tripwire.act', 'own', '`tell`, `hold`, `end`, `ceilings`'],
  policy: ['midwatch.policy', 'own', 'what its policy did'],
  lane: ['midwatch.lane', 'own', 'the lane'],
  queue: ['midwatch.queue', 'own', 'the queue'],
  priority: ['midwatch.priority', 'own', '`low`, `normal`, `high`'],
  breakerKey: ['midwatch.breaker.key', 'own', '`tool:NAME` or `model:PROVIDER/ID`'],
  scored: ['midwatch.scored', 'own', 'id of the run whose outcome was scored'],
  scoredBy: ['midwatch.scored_by', 'own', '`code`, `verifier`, `reopened`'],
  confidence: ['midwatch.confidence', 'own', 'how sure a proposal is, from 0 to 1'],
  bar: ['midwatch.confidence.below', 'own', 'the bar: what is below is not let pass'],
  estimator: ['midwatch.estimator', 'own', '`samples`, `verifier`'],
  proposed: ['midwatch.proposed', 'own', 'the tool that was proposed; `outcome` for an outcome'],
} as const satisfies Record<string, Row>

/** The attribute's name, by its key here. */
export const ATTR = Object.fromEntries(Object.entries(ATTRIBUTES).map(([key, [name]]) => [key, name])) as {
  readonly [K in keyof typeof ATTRIBUTES]: (typeof ATTRIBUTES)[K][0]
}
export type Attribute = keyof typeof ATTRIBUTES

/** A kind of span: its name, and what stands on it always, perhaps, and only when content was asked for. */
export interface SpanRow {
  readonly name: string
  readonly kind: 'internal' | 'client'
  readonly about: string
  readonly always: readonly Attribute[]
  readonly perhaps: readonly Attribute[]
  readonly content: readonly Attribute[]
}

const OF_RUN = ['operation', 'agentName', 'agentVersion', 'runId', 'tenant'] as const
const OF_ATTEMPT = ['runId', 'step', 'seq', 'attempt'] as const
const OF_END = ['did', 'isResend', 'errorType'] as const

/** `{…}` stands for an attribute's value. */
export const SPANS = {
  run: {
    name: '{gen_ai.operation.name} {gen_ai.agent.name}',
    kind: 'internal',
    about: 'one stretch of work on a run, from a claim until it parks, ends or is lost',
    always: [...OF_RUN, 'stretch', 'claims', 'isKept', 'state'],
    perhaps: ['conversation', 'parent', 'waits', 'outcome', 'errorType', 'failureOwner'],
    content: [],
  },
  model: {
    name: 'chat {gen_ai.request.model}',
    kind: 'client',
    about: 'one attempt of a model step: one request',
    always: ['operation', 'provider', 'requestModel', 'agentName', ...OF_ATTEMPT, 'maxTokens', 'did'],
    perhaps: [
      ...['conversation', 'temperature', 'stream', 'finishReasons', 'inputTokens', 'outputTokens', 'cacheRead'],
      ...['cacheWrite', 'reasoningTokens', 'costUsd', 'serverAddress', 'serverPort', 'errorType', 'isResend'],
    ] as Attribute[],
    content: ['inputMessages', 'outputMessages'],
  },
  tool: {
    name: 'execute_tool {gen_ai.tool.name}',
    kind: 'internal',
    about: 'one attempt of a tool call',
    always: ['operation', 'toolName', 'toolType', 'agentName', ...OF_ATTEMPT, 'did'],
    perhaps: ['conversation', ...OF_END],
    content: ['toolArguments', 'toolResult'],
  },
  read: {
    name: 'read {midwatch.name}',
    kind: 'internal',
    about: "one attempt of a flow's `ctx.read`",
    always: ['name', 'agentName', ...OF_ATTEMPT, 'did'],
    perhaps: ['conversation', ...OF_END],
    content: [],
  },
  call: {
    name: 'call {midwatch.name}',
    kind: 'internal',
    about: 'another agent or flow, called as a run of its own; above the spans of that run',
    always: ['name', 'agentName', 'runId', 'step', 'status'],
    perhaps: ['conversation'],
    content: [],
  },
} as const satisfies Record<string, SpanRow>

/** Events on spans: `[name, the span it stands on, its attributes]`. */
export const EVENTS = {
  verdict: ['midwatch.verdict', 'run', ['step', 'toolName', 'verdict', 'rule']],
  refusal: ['midwatch.refusal', 'run', ['step', 'code', 'name', 'rule', 'reason', 'meter', 'scope', 'used', 'limit']],
  escalationAsked: ['midwatch.escalation.asked', 'run', ['step', 'escalation', 'about', 'to']],
  escalationAnswered: ['midwatch.escalation.answered', 'run', ['step', 'escalation', 'decision']],
  reservation: ['midwatch.reservation', 'the attempt', ['meters', 'amounts']],
  doubt: ['midwatch.doubt', 'the attempt', ['step', 'name', 'reason']],
  doubtResolved: ['midwatch.doubt.resolved', 'run', ['step', 'name', 'did', 'source']],
  breaker: ['midwatch.breaker', 'run', ['step', 'name', 'code']],
  kill: ['midwatch.kill', 'run', ['scope', 'mode', 'where']],
  signal: ['midwatch.signal', 'run', ['signal', 'policy', 'step']],
  estimate: ['midwatch.estimate', 'run', ['step', 'proposed', 'confidence', 'bar', 'estimator']],
  evaluation: ['gen_ai.evaluation.result', 'run', ['evaluationName', 'evaluationScore', 'scored', 'scoredBy']],
  fallback: ['midwatch.fallback', 'run', ['step', 'name']],
  repeat: ['midwatch.repeat', 'run', ['step']],
} as const satisfies Record<string, readonly [string, string, readonly Attribute[]]>
export type EventSort = keyof typeof EVENTS

/** Seconds of a call of a model or a tool, as the conventions advise. */
const CALL_S = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]
/** Seconds of a turn of the ledger. */
const LEDGER_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Seconds from an admission to an outcome: a moment to a week. */
const RUN_S = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200, 604_800]
/** From 0 to 1. */
const SHARES = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
const OPS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

export interface MetricRow {
  readonly name: string
  readonly kind: 'counter' | 'histogram' | 'gauge'
  readonly unit: string
  readonly source: Source
  readonly labels: readonly Attribute[]
  readonly about: string
  readonly buckets?: readonly number[]
}

const CLIENT = ['operation', 'provider', 'requestModel', 'serverAddress', 'serverPort'] as const
const counter = (name: string, labels: readonly Attribute[], about: string, unit = '1'): MetricRow => ({
  name,
  kind: 'counter',
  unit,
  source: 'own',
  labels,
  about,
})
const seconds = (name: string, labels: readonly Attribute[], about: string, buckets = LEDGER_S): MetricRow => ({
  name,
  kind: 'histogram',
  unit: 's',
  source: 'own',
  labels,
  about,
  buckets,
})
const gauge = (name: string, labels: readonly Attribute[], about: string, unit = '1'): MetricRow => ({
  name,
  kind: 'gauge',
  unit,
  source: 'own',
  labels,
  about,
})
const genai = (row: MetricRow, source: Source = 'genai'): MetricRow => ({ ...row, source })
const modelTokens = (which: string): MetricRow =>
  genai(counter(`gen_ai.client.inference.usage.${which}`, CLIENT, `${which} of model calls`, '{token}'))

/** No label holds a run, a session, a tenant, a step or a person: the number of series is bounded by what is deployed. */
export const METRICS = {
  inference: genai(seconds('gen_ai.client.inference.duration', [...CLIENT, 'errorType'], 'a model call', CALL_S)),
  operation: genai(
    seconds('gen_ai.client.operation.duration', [...CLIENT, 'errorType'], 'the same under its older name', CALL_S),
    'before',
  ),
  inputTokens: modelTokens('input_tokens'),
  outputTokens: modelTokens('output_tokens'),
  cacheRead: modelTokens('cache_read.input_tokens'),
  cacheWrite: modelTokens('cache_write.input_tokens'),
  reasoning: modelTokens('reasoning.output_tokens'),
  tokenUsage: {
    ...{ name: 'gen_ai.client.token.usage', kind: 'histogram', unit: '{token}', source: 'before', buckets: TOKENS },
    ...{ labels: [...CLIENT, 'tokenType'], about: 'tokens of a model call, under the older name' },
  },
  toolDuration: genai(
    seconds(
      'gen_ai.execute_tool.duration',
      ['operation', 'toolName', 'errorType'],
      'an attempt of a tool call',
      CALL_S,
    ),
  ),
  cost: counter('midwatch.model.cost', ['provider', 'requestModel', 'agentName'], 'dollars of model calls', 'usd'),
  toolErrors: counter('midwatch.tool.errors', ['toolName', 'errorType'], 'attempts of tool calls that gave nothing'),
  admitted: counter('midwatch.runs.admitted', ['agentName', 'how'], 'runs that this process admitted'),
  ended: counter(
    'midwatch.runs.ended',
    ['agentName', 'agentVersion', 'outcome', 'code', 'failureOwner'],
    'runs that ended here, by outcome; `code`: the meter of `exhausted`, the fault of `failed`',
  ),
  age: seconds('midwatch.run.age', ['agentName', 'outcome'], 'from admission to outcome, waiting included', RUN_S),
  parked: counter('midwatch.runs.parked', ['agentName', 'waits'], 'stretches that ended in a wait'),
  lost: counter('midwatch.runs.lost', ['code'], 'stretches that this worker lost or gave up'),
  held: gauge('midwatch.runs.held', [], 'runs that this worker holds now'),
  steps: seconds('midwatch.step.duration', ['sort', 'name', 'status'], 'a step, from proposal to result', CALL_S),
  begins: seconds('midwatch.begin.duration', ['sort'], 'the question for an attempt, granted or not'),
  verdicts: counter('midwatch.verdicts', ['toolName', 'verdict'], 'what rules said of tool calls'),
  refusals: counter(
    'midwatch.refusals',
    ['agentName', 'code'],
    'what was refused: by the ledger (`ceiling`, `switched`, …) or a rule (`policy`, …)',
  ),
  attempts: counter('midwatch.attempts', ['sort', 'name', 'did'], 'attempts, by what became of them'),
  fallbacks: counter('midwatch.fallbacks', ['name'], 'times that another model took over; which'),
  batchOps: {
    ...{ name: 'midwatch.batch.ops', kind: 'histogram', unit: '{op}', source: 'own', buckets: OPS },
    ...{ labels: [], about: 'ops in one batch to the ledger' },
  },
  batches: seconds('midwatch.batch.duration', [], 'one batch to the ledger, sendings included'),
  resends: counter('midwatch.batch.resends', [], 'batches whose answer was lost, sent again'),
  claimed: counter('midwatch.claims', [], 'runs that were claimed'),
  claims: seconds('midwatch.claim.duration', [], 'one look for due runs'),
  leaseLosses: counter('midwatch.lease.losses', [], 'times that the lease ran out'),
  doubts: counter('midwatch.doubts', ['name'], 'attempts whose answer was lost'),
  doubtsResolved: counter('midwatch.doubts.resolved', ['name', 'did', 'source'], 'doubts that were cleared'),
  doubtsOpen: gauge('midwatch.doubts.open', [], 'doubts in the whole ledger'),
  escalations: counter('midwatch.escalations', ['about'], 'questions that were put'),
  answers: counter('midwatch.escalations.answered', ['decision'], 'what came of them'),
  escalationsOpen: gauge('midwatch.escalations.open', ['about'], 'open questions in the whole ledger'),
  breakerMoves: counter(
    'midwatch.breaker.moves',
    ['breakerKey', 'state'],
    'circuit breakers that this worker opened or closed',
  ),
  queueWaiting: gauge('midwatch.queue.waiting', ['queue'], 'runs that have not begun, in the whole ledger'),
  queueRefused: counter(
    'midwatch.queue.refused',
    ['queue', 'priority', 'scopeKind', 'code'],
    'starts and messages that found no room; `code`: `full`, `late`',
  ),
  queueShed: counter(
    'midwatch.queue.shed',
    ['queue'],
    'runs that were ended before they began, for what was more urgent',
  ),
  kills: counter('midwatch.kills', ['scopeKind', 'mode', 'where'], 'kill switches that were met'),
  signals: counter('midwatch.signals', ['signal', 'policy'], 'compensation signals'),
  scores: {
    ...{ name: 'midwatch.score', kind: 'histogram', unit: '1', source: 'own', buckets: SHARES },
    ...{ labels: ['agentName', 'evaluationName', 'scoredBy'], about: 'scores of outcomes; thumbs apart' },
  },
  estimates: {
    ...{ name: 'midwatch.confidence', kind: 'histogram', unit: '1', source: 'own', buckets: SHARES },
    ...{ labels: ['agentName', 'estimator'], about: 'how sure proposals were found to be' },
  },
  drifts: counter('midwatch.drift.alarms', ['agentName', 'measure', 'direction', 'meaning'], 'changes that were told'),
  tripwires: counter('midwatch.tripwires', ['agentName', 'wire', 'act'], 'tripwires that tripped'),
  ceilingUsed: gauge(
    'midwatch.ceiling.used',
    ['scopeKind', 'meter', 'per'],
    "the fullest of operators' ceilings of this kind",
    'ratio',
  ),
  laneOpen: gauge('midwatch.lane.open', ['lane'], 'calls in the lane'),
  laneWaiting: gauge('midwatch.lane.waiting', ['lane'], 'calls that wait for room in it'),
  away: gauge('midwatch.ledger.away', [], '1 while the ledger cannot be reached'),
  memory: gauge('midwatch.process.memory', ['memoryType'], 'memory of this process', 'By'),
  cpu: { ...counter('midwatch.process.cpu', [], 'processor time of this process', 's') },
  uptime: gauge('midwatch.process.uptime', [], 'age of this process', 's'),
} as const satisfies Record<string, MetricRow>
export type Metric = keyof typeof METRICS
