/** The public surface of `midwatch/rehearse`. */
export type { EffectRow } from '../core/effect-row.js'
export type { Entry, EntryFacts } from '../core/entries.js'
export type { Escalation, Rung } from '../core/escalation.js'
export type { RunFacts } from '../core/invariants/facts.js'
export type { RunRow } from '../core/run-row.js'
export type { Mode } from './campaign/campaign.js'
export { scenario } from './define.js'
export { FAULTS, type FaultLayer, type FaultName, type FaultRates, type Strike } from './fault.js'
export { type Cassette, type CassetteOptions, cassette } from './models/cassette.js'
export { type Backtest, backtest, type Rejudged } from './past/backtest.js'
export { type Forked, type ForkOptions, fork } from './past/fork.js'
export { type Recording, recordingOf } from './past/recording.js'
export { playReal } from './real/play-real.js'
export type { RealOptions } from './real/real-options.js'
export { expectSurvival, type RehearseOptions, rehearse } from './rehearse.js'
export { junitOf } from './report/junit.js'
export { pageOf } from './report/page.js'
export type { BreakReport, Report, ScenarioReport } from './report/report.js'
export { scorecard } from './report/scorecard.js'
export type {
  After,
  Asked,
  Expectations,
  Message,
  PersonSays,
  Scenario,
  ScenarioOptions,
  Stage,
  StandIn,
  Story,
} from './scenario.js'
export { answers, type Recorded, recorded, remembers } from './tools/stand-ins.js'
export { playNaive } from './twin/play-naive.js'
export type { Act, Ruled, RunEnd, Verdict } from './verdict.js'
