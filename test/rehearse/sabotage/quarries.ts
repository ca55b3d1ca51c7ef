import type { BrokenEngine } from './engine-builds.js'
import * as engines from './engine-builds.js'
import type { Quarry } from './hunt.js'
import type { BrokenLedger } from './ledger-builds.js'
import * as ledgers from './ledger-builds.js'

type More = Partial<Quarry>

const ledger = (what: string, broken: BrokenLedger, toldBy: string, more: More = {}): Quarry => ({
  ...{ what, build: { ledger: broken }, toldBy },
  ...more,
})
const engine = (what: string, broken: BrokenEngine, toldBy: string, more: More = {}): Quarry => ({
  ...{ what, build: { engine: broken }, toldBy },
  ...more,
})
const own = (name: string, toldBy: string, more: More = {}) => ledger(name, ledgers.ledgerSabotage(name), toldBy, more)

/** Nothing but workers that stand still. */
const STALLS = {
  process: 0,
  ledger: 0,
  tools: 0,
  models: 0,
  messages: 0,
  people: 0,
  operators: 0,
  stall: 0.05,
} as const

/** Broken builds that a rehearsal of the wharf finds, each with what tells of it. */
export const QUARRIES: readonly Quarry[] = [
  own('reservation leaked on settle', 'I4'),
  own('window picked at settle', 'I4', { stories: ['bells'] }),
  own('lease by local clock', 'stuck'),
  ledger('fence not checked at begin', ledgers.fenceUnchecked, 'was begun again', {
    rates: { stall: 0.1, tool_slow: 0.7, tool_timeout_before: 0.2, model_silence: 0.2 },
  }),
  ledger('a claim leaves the fence as it was', ledgers.fenceKept, 'I1'),
  ledger('a kill is looked at before its lock', ledgers.killSeenLate, 'I5', { rates: { kill: 0.02, hold: 0.05 } }),
  ledger('ceilings read without reservations', ledgers.reservationsUnread, 'I4', { stories: ['one purse'] }),
  ledger('window off by one', ledgers.windowOffByOne, 'I4'),
  ledger('locks that nobody finds taken', ledgers.locksUnread, 'was paid twice', {
    stories: ['two sessions, one order'],
  }),
  ledger('a session is overtaken', ledgers.sessionsOvertaken, 'I8', { stories: ['in order'] }),
  ledger('lost usage costs nothing', ledgers.lostUsageFree, 'whose usage is not known was charged'),
  ledger('a confirmed key is forgotten', ledgers.keyForgotten, 'I3'),
  engine('unknown is taken for no', engines.unknownIsNo, 'acted more than once', {
    stories: ['all classes', 'pays thrice'],
  }),
  engine('once is tried again below', engines.triedAgainBelow, 'was called twice', {
    stories: ['bells', 'all classes'],
  }),
  engine('when to come again is not heeded', engines.backoffIgnored, 'before it said', { rates: { tool_busy: 0.2 } }),
  engine('settled before the effect', engines.settledBeforeEffect, 'was confirmed before it was called'),
  engine('a doubt is resolved early', engines.doubtResolvedEarly, 'too early'),
  engine('a step is run again in replay', engines.stepRunAgain, 'was begun again', { rates: { crash: 0.05 } }),
  engine('a clock that stops with its worker', engines.clockStops, 'acted more than once', {
    rates: STALLS,
    stories: ['all classes', 'pays thrice'],
  }),
  engine('performed before it is begun', engines.performedBeforeBegun, 'before its intent was written'),
]
