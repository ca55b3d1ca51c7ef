import { table } from '../../core/text-table.js'
import type { EpochMs } from '../../core/time.js'
import { type ScheduleView, schedulesIn } from '../../runtime/schedules.js'
import type { Call } from '../call.js'
import type { Reply, Verb } from '../verb.js'
import { fromNow, shortId, stamp } from '../words.js'

const HEADS = ['flow', 'cron', 'zone', 'next', 'last', 'run', 'ran', 'skipped', 'overlap', 'missed']

export const schedules: Verb = {
  usage: 'schedules',
  says: 'List flows that run by themselves: when next, when last, how many ticks were run and skipped.',
  act: listSchedules,
}

async function listSchedules(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const [all, now] = [await schedulesIn(ledger), await ledger.now()]
  if (all.length === 0) {
    const text = 'No flow runs by itself: none with `every` was served here yet.'
    return { text, data: { now, schedules: [] } }
  }
  const left = all.filter(({ kept }) => !kept).map((one) => leftText(one, now))
  const rows = table(
    HEADS,
    all.map((one) => rowOf(one, now)),
  )
  return { text: [rows, ...left].join('\n'), data: { now, schedules: all } }
}

function rowOf(one: ScheduleView, now: EpochMs): string[] {
  const { name, version, cron, tz, next, overdue, lastTick, lastRun, ran, skipped, overlap, missed } = one
  const soon = next === null ? '-' : `${stamp(next)} (${fromNow(next, now)})`
  return [
    `${name}@${version}`,
    cron,
    tz,
    overdue ? 'now: overdue' : soon,
    lastTick === null ? '-' : stamp(lastTick),
    lastRun === null ? '-' : shortId(lastRun),
    String(ran),
    String(skipped),
    overlap,
    missed,
  ]
}

const leftText = ({ name, version, lookedAt }: ScheduleView, now: EpochMs): string =>
  `${name}@${version}: no live worker keeps this schedule, the last one looked ${fromNow(lookedAt, now)}; its ticks wait for one: midwatch start`
