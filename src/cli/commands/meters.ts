import { MidwatchError } from '../../core/errors.js'
import { WINDOWS, type Window } from '../../core/meters.js'
import { type Usd, usdMicros } from '../../core/money.js'
import { parseScope } from '../../core/scope.js'
import { table } from '../../core/text-table.js'
import { type Metered, meteredNow } from '../../runtime/metered.js'
import type { Call } from '../call.js'
import type { Reply, Verb } from '../verb.js'
import { amount, isMoney } from '../words.js'

const HEADS = ['scope', 'meter', 'per', 'used', 'set aside', "operators' ceiling", 'left']

export const meters: Verb = {
  usage: 'meters [set] [scope] [meter] [limit]',
  says: "List shared meters in their present windows, or set an operators' ceiling: meters set fleet usd '$50' --per day.",
  options: [
    ['--scope <scope>', 'of one scope'],
    ['--per <window>', `with set: ${WINDOWS.join(', ')} (default total)`],
    ['--by <name>', 'with set: who (default: the name of this account)'],
  ],
  act: (call) => (call.arg(0) === '' ? list(call) : set(call)),
}

async function list(call: Call): Promise<Reply> {
  await call.projectIfAny()
  const { now, meters: shown } = await meteredNow(await call.ledger(), call.text('scope'))
  const text =
    shown.length === 0 ? 'No shared meter has moved yet, and no ceiling is set.' : table(HEADS, shown.map(lineOf))
  return { text, data: { now, meters: shown } }
}

function lineOf({ scope, meter, per, used, reserved, limit }: Metered): string[] {
  const of = (value: number) => amount(meter, value)
  const left = limit === null ? '' : of(Math.max(0, limit - used - reserved))
  return [scope, meter, per, of(used), of(reserved), limit === null ? '' : of(limit), left]
}

async function set(call: Call): Promise<Reply> {
  const [verb, typed, meter, text] = [call.arg(0), call.arg(1), call.arg(2), call.arg(3)]
  if (verb !== 'set')
    throw new MidwatchError('usage', `'${verb}' is nothing to do with meters; use: meters set SCOPE METER LIMIT.`)
  if (text === '')
    throw new MidwatchError(
      'usage',
      "meters set needs SCOPE METER LIMIT, such as: meters set fleet usd '$50' --per day.",
    )
  const scope = ceilingScope(typed)
  const per = windowIn(call)
  await call.projectIfAny()
  const limit = text === 'none' ? null : limitOf(meter, text)
  const ledger = await call.ledger()
  await ledger.setCeiling({ scope, meter, per, limit, by: call.by })
  const window = per === 'total' ? 'in all' : `per ${per}`
  const said =
    limit === null
      ? `No ceiling of operators on ${meter} for ${scope} ${window} any more.`
      : `At most ${amount(meter, limit)} of ${meter} for ${scope} ${window}, from the next grant on.`
  return { text: said, data: { scope, meter, per, limit, by: call.by } }
}

/** Operators' ceilings are put on the fleet, a tenant, an agent or a tool. Throws `invalid_scope`, `usage`. */
function ceilingScope(text: string): string {
  const scope = parseScope(text)
  if (/^(fleet$|tenant:|agent:|tool:)/.test(scope)) return scope
  throw new MidwatchError(
    'usage',
    `A ceiling is put on fleet, tenant:NAME, agent:NAME or tool:NAME; '${text}' takes its ceilings from the agent's policy.`,
  )
}

function windowIn(call: Call): Window {
  const text = call.text('per') ?? 'total'
  const per = WINDOWS.find((one) => one === text)
  if (per) return per
  throw new MidwatchError('usage', `'${text}' is no window; use ${WINDOWS.join(', ')}.`)
}

/** `$50` for money, a whole number for what is counted: fifty micro-dollars must not pass for fifty dollars. */
function limitOf(meter: string, text: string): number {
  if (text.startsWith('$')) {
    if (!isMoney(meter))
      throw new MidwatchError('usage', `${meter} is counted, not paid; write its limit as a whole number.`)
    return usdMicros(text as Usd)
  }
  if (isMoney(meter)) throw new MidwatchError('usage', `${meter} is money; write its limit as '$${text}'.`)
  const limit = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(limit)) return limit
  throw new MidwatchError(
    'usage',
    `'${text}' is no limit; write a whole number, '$50' for money, or none to take it away.`,
  )
}
