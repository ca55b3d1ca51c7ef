import { windowStart } from '../../core/meters.js'
import type { EndScore, ScoreRow, Scores, WeekOfScores } from '../../core/scores.js'
import type { EpochMs } from '../../core/time.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** What is said of a run by its own end. */
export function keepScores(store: Store, run: Run, scores: readonly EndScore[], at: EpochMs): void {
  for (const { name, value } of scores) {
    store.scores.put(run, { ...ofRun(run), name, value, by: 'code', who: null, at, usdMicros: 0, reason: null })
  }
}

export function scoresOf(store: Store): Scores {
  return {
    add: async ({ runId, who = null, usdMicros = 0, reason = null, ...said }) => {
      const run = store.runs.byId.get(runId)
      if (!run) return { code: 'unknown_run' }
      if (run.state !== 'ended') return { code: 'not_ended' }
      return { code: store.scores.put(run, { ...ofRun(run), ...said, who, usdMicros, reason, at: store.now() }) }
    },
    of: async ({ runId }) =>
      [...store.scores.rows.values()].flatMap(({ row }) => (row.runId === runId ? [row] : [])).sort(byTime),
    weekly: async ({ agent, since }) => {
      const from = windowStart('week', since)
      const weeks = new Map<string, WeekOfScores>()
      for (const { row, week } of store.scores.rows.values()) {
        if (row.agent !== agent || week < from) continue
        const { version, name, value } = row
        const key = JSON.stringify([version, name, week])
        const { count = 0, sum = 0, sumSquares = 0 } = weeks.get(key) ?? {}
        const more = { count: count + 1, sum: sum + value, sumSquares: sumSquares + value * value }
        weeks.set(key, { agent, version, name, week, ...more })
      }
      return [...weeks.values()].sort((a, b) => a.version - b.version || order(a.name, b.name) || a.week - b.week)
    },
  }
}

const ofRun = ({ admission: { runId, tenant }, pin: { agent, version } }: Run) => ({ runId, agent, version, tenant })

const byTime = (a: ScoreRow, b: ScoreRow): number =>
  a.at - b.at || order(a.name, b.name) || order(a.by, b.by) || order(a.who ?? '', b.who ?? '')

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
