import type { Place, SiteKind } from './site.js'

export const FAULT_LAYERS = ['process', 'ledger', 'tools', 'models', 'messages', 'people', 'operators'] as const
export type FaultLayer = (typeof FAULT_LAYERS)[number]

/** One kind of fault: where it can strike, which rows of the fault matrix it shows, how often by default. */
export interface FaultKind {
  readonly layer: FaultLayer
  readonly at: readonly SiteKind[]
  /** Rows of the fault matrix (docs/faults.md). */
  readonly rows: readonly number[]
  /** Chance at each visit of such a site when seeds are explored; 0: only where it is named. */
  readonly rate: number
  readonly says: string
}

const BOUNDARY = ['call', 'answer', 'point'] as const

/** Everything that a rehearsal can do to an agent. */
export const FAULTS = {
  crash: { layer: 'process', at: BOUNDARY, rows: [1, 2, 17], rate: 0.01, says: 'the worker dies and is replaced' },
  stall: { layer: 'process', at: BOUNDARY, rows: [3, 4], rate: 0.004, says: 'the worker stands still past its lease' },
  clock_skew: { layer: 'process', at: ['call'], rows: [7], rate: 0.001, says: "the worker's wall clock jumps" },
  ledger_away: { layer: 'ledger', at: ['call'], rows: [9, 13], rate: 0.003, says: 'the ledger cannot be reached' },
  ledger_slow: { layer: 'ledger', at: ['call'], rows: [13], rate: 0.005, says: 'the ledger answers late' },
  answer_lost: {
    layer: 'ledger',
    at: ['answer'],
    rows: [8, 10, 11],
    rate: 0.01,
    says: 'committed, the answer is lost',
  },
  commit_delayed: {
    layer: 'ledger',
    at: ['call'],
    rows: [10, 15],
    rate: 0.004,
    says: 'the call seems lost and is worked later, beside its twin',
  },
  tool_error: { layer: 'tools', at: ['tool'], rows: [20], rate: 0.02, says: 'the tool throws before it acts' },
  tool_busy: { layer: 'tools', at: ['tool'], rows: [22], rate: 0.02, says: 'the tool says 429: it did not act' },
  tool_permanent: { layer: 'tools', at: ['tool'], rows: [23], rate: 0.005, says: 'the tool says that it never will' },
  tool_timeout_before: { layer: 'tools', at: ['tool'], rows: [19], rate: 0.01, says: 'no answer, and it did not act' },
  tool_timeout_after: { layer: 'tools', at: ['tool'], rows: [18], rate: 0.02, says: 'it acts, and there is no answer' },
  tool_late_act: { layer: 'tools', at: ['tool'], rows: [18], rate: 0.01, says: 'no answer in time; it acts later' },
  tool_cut: { layer: 'tools', at: ['tool'], rows: [20], rate: 0.02, says: 'it acts, and the connection is reset' },
  tool_slow: { layer: 'tools', at: ['tool'], rows: [26], rate: 0.02, says: 'the tool takes most of its timeout' },
  tool_wrong_shape: { layer: 'tools', at: ['tool'], rows: [25], rate: 0.01, says: 'the result has another shape' },
  tool_huge: { layer: 'tools', at: ['tool'], rows: [6, 25], rate: 0.002, says: 'the result is far too large' },
  tool_outage: {
    layer: 'tools',
    at: ['tool'],
    rows: [22],
    rate: 0,
    says: 'the tool cannot be reached, by anybody and for a while',
  },
  tool_noop: { layer: 'tools', at: ['tool'], rows: [24], rate: 0, says: 'it says 200 and does nothing' },
  check_unknown: { layer: 'tools', at: ['check'], rows: [21], rate: 0.05, says: 'the check cannot tell' },
  check_error: { layer: 'tools', at: ['check'], rows: [21], rate: 0.05, says: 'the check throws' },
  model_rate_limit: { layer: 'models', at: ['model'], rows: [22], rate: 0.02, says: 'the provider says 429' },
  model_5xx: { layer: 'models', at: ['model'], rows: [22], rate: 0.01, says: 'the provider says 500' },
  model_cut: { layer: 'models', at: ['model'], rows: [32], rate: 0.01, says: 'the answer is cut, usage unknown' },
  model_silence: { layer: 'models', at: ['model'], rows: [32], rate: 0.005, says: 'the model never answers' },
  model_no_usage: { layer: 'models', at: ['model'], rows: [32], rate: 0.02, says: 'the provider keeps the usage back' },
  model_malformed: { layer: 'models', at: ['model'], rows: [28], rate: 0.02, says: 'arguments end in the middle' },
  model_unknown_tool: { layer: 'models', at: ['model'], rows: [28], rate: 0.01, says: 'a tool that nobody offered' },
  model_outage: {
    layer: 'models',
    at: ['model'],
    rows: [22],
    rate: 0,
    says: 'the provider cannot be reached, by anybody and for a while',
  },
  model_loop: { layer: 'models', at: ['model'], rows: [29], rate: 0.005, says: 'the same call again and again' },
  model_repeat: { layer: 'models', at: ['model'], rows: [30], rate: 0.02, says: 'a confirmed call is proposed again' },
  model_apology: { layer: 'models', at: ['model'], rows: [29], rate: 0.005, says: 'it apologises and calls nothing' },
  model_verbose: { layer: 'models', at: ['model'], rows: [29], rate: 0.005, says: 'an answer up to its cap' },
  model_nonsense: {
    layer: 'models',
    at: ['model'],
    rows: [25, 31],
    rate: 0.01,
    says: 'wrong arguments, with confidence',
  },
  model_injected: { layer: 'models', at: ['model'], rows: [31], rate: 0.005, says: 'it follows a planted instruction' },
  model_parallel: {
    layer: 'models',
    at: ['model'],
    rows: [33],
    rate: 0.01,
    says: 'the same write twice in one answer',
  },
  message_duplicate: {
    layer: 'messages',
    at: ['message'],
    rows: [15, 16],
    rate: 0.1,
    says: 'delivered more than once',
  },
  message_late: { layer: 'messages', at: ['message'], rows: [16], rate: 0.05, says: 'delivered late' },
  message_flood: {
    layer: 'messages',
    at: ['message'],
    rows: [37],
    rate: 0,
    says: 'another tenant starts far more than may wait',
  },
  person_never: { layer: 'people', at: ['person'], rows: [36], rate: 0.05, says: 'nobody answers' },
  person_late: { layer: 'people', at: ['person'], rows: [35, 36], rate: 0.05, says: 'answered after the deadline' },
  person_twice: {
    layer: 'people',
    at: ['person'],
    rows: [35],
    rate: 0.1,
    says: 'answered twice, the second otherwise',
  },
  person_alone: {
    layer: 'people',
    at: ['person'],
    rows: [35],
    rate: 0.1,
    says: 'of two who are asked one says yes for both',
  },
  person_requester: {
    layer: 'people',
    at: ['person'],
    rows: [35],
    rate: 0.1,
    says: 'approved by who asked for it',
  },
  person_changed: { layer: 'people', at: ['person'], rows: [35], rate: 0.05, says: 'answered for other arguments' },
  kill: { layer: 'operators', at: ['moment'], rows: [34], rate: 0.001, says: 'a kill switch that ends' },
  hold: { layer: 'operators', at: ['moment'], rows: [34], rate: 0.003, says: 'held, and released later' },
  ceiling_lowered: {
    layer: 'operators',
    at: ['moment'],
    rows: [29],
    rate: 0.001,
    says: 'a ceiling is lowered under way',
  },
} as const satisfies Record<string, FaultKind>

export type FaultName = keyof typeof FAULTS
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]

/** A fault at an exact place: what a case is replayed and shrunk by. */
export interface Strike {
  readonly fault: FaultName
  readonly place: Place
}

/** Rates that replace the catalogue's own, by fault or by layer; 0 switches off. */
export type FaultRates = Readonly<Partial<Record<FaultName | FaultLayer, number>>>
