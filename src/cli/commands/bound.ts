import { table } from '../../core/text-table.js'
import { type Bound, boundedOf, boundOf, type Most } from '../../runtime/bounded.js'
import type { Call } from '../call.js'
import { findStartable } from '../definition.js'
import { EXIT } from '../exit.js'
import type { Reply, Verb } from '../verb.js'
import { amount, isMoney, many, span } from '../words.js'

export const bound: Verb = {
  usage: 'bound <agent>',
  says: 'The worst case of an agent, from policy alone: per run, hour and day, and every effect without a ceiling.',
  options: [
    ['--tenant <tenant>', 'within one tenant; with the ceilings that operators set for it'],
    ['--tenants <n>', 'used by at most so many tenants'],
    ['--runs-per-hour <n>', 'started at most so often'],
    ['--at-once <n>', 'at most so many runs at work, over all workers'],
    ['--offline', "without operators' ceilings: no ledger is opened"],
    ['--strict', 'exit 3 where an effect has no ceiling of its own, or money has none per run'],
  ],
  act: boundAgent,
}

async function boundAgent(call: Call): Promise<Reply> {
  const { options } = await call.project()
  const { definition } = findStartable(options, call.arg(0))
  const operators = call.flag('offline') ? [] : await (await call.ledger()).ceilings()
  const tenant = call.text('tenant')
  const [tenants, runsPerHour, atOnce] = ['tenants', 'runsPerHour', 'atOnce'].map((name) => call.whole(name, 1))
  const around = {
    operators,
    ...(tenant !== undefined && { tenant }),
    ...(tenants !== undefined && { tenants }),
    ...(runsPerHour !== undefined && { runsPerHour }),
    ...(atOnce !== undefined && { atOnce }),
  }
  const found = boundOf(boundedOf(definition), around)
  // Scored are the ended runs, each at most once: what that may cost comes on top.
  const scoring = definition.companion && boundOf(boundedOf(definition.companion), around)
  const isOpen = found.unlimited.length > 0 || found.meters.some((one) => isMoney(one.meter) && one.run.amount === null)
  const text = scoring === null ? textOf(found) : `${textOf(found)}\n\n${scoringText(scoring)}`
  return { text, data: { ...found, scoring }, exit: call.flag('strict') && isOpen ? EXIT.refused : EXIT.ok }
}

function textOf(found: Bound): string {
  const meters = found.meters.map(({ meter, run, hour, day }) => [
    meter,
    ...[run, hour, day].map((most) => (most.amount === null ? 'no limit' : amount(meter, most.amount))),
    run.amount === null ? run.by : hour.amount === null ? hour.by : `${run.by}; ${hour.by}`,
  ])
  const effects = found.effects.map(({ tool, of, effect, run, ceilings }) => [
    tool,
    of,
    effect,
    countOf(run),
    ceilings.join(', ') || 'NONE',
  ])
  return [
    table(['meter', 'a run', 'an hour', 'a day', 'by'], meters),
    effects.length === 0
      ? 'It has no tool that changes anything.'
      : table(['effect', 'of', 'class', 'acts a run', 'ceilings of its own'], effects),
    found.unlimited.length === 0
      ? ''
      : `Without a ceiling of their own: ${found.unlimited.join(', ')}. Let them charge a meter, and put a ceiling on it.`,
    exposureText(found),
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** Models score in runs of their own. */
function scoringText({ agent, meters }: Bound): string {
  const usd = meters.find(({ meter }) => meter === 'usd')
  const [run, hour, day] = [usd?.run, usd?.hour, usd?.day].map((most) => amountOf(most ?? { amount: null }))
  return `Scoring its runs comes on top (${agent}): at most ${run} for each run that is sampled, ${hour} an hour, ${day} a day.`
}

const amountOf = ({ amount: most }: Pick<Most, 'amount'>): string => (most === null ? 'no limit' : amount('usd', most))

const countOf = ({ amount: most }: Most): string => (most === null ? 'no limit' : String(most))

function exposureText({ exposure: { acts, forMs }, effects }: Bound): string {
  if (effects.length === 0) return 'After a kill nothing is left that could act.'
  const count = acts === null ? 'one in each branch of the runs at work' : `at most ${many(acts, 'act')}`
  return `After a kill nothing begins any more; under way may be ${count}, for at most ${span(forMs)}.`
}
