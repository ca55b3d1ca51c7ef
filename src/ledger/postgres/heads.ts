import type { Charge } from '../../core/meters.js'
import type { NewEscalation, Op } from '../../core/ops.js'

type Of<K extends Op['kind']> = Extract<Op, { kind: K }>
type Fields = Readonly<Record<string, unknown>>

/** Things of a batch that its ops name by their place in a list, from 1: said once, looked up once. */
class Places<T> {
  readonly list: T[] = []
  readonly #known = new Map<string, number>()

  of(name: string, item: T): number {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    this.#known.set(name, this.list.push(item))
    return this.list.length
  }
}

/** What `midwatch.apply` takes of a batch besides the bodies, which travel apart, as text. */
export function headsOf(ops: readonly Op[]): string {
  const lists = { runs: new Places<string>(), names: new Places<string>(), meters: new Places<Charge>() }
  const heads = ops.map((op) => headOf(op, lists))
  const { list } = lists.meters
  return JSON.stringify({
    runs: lists.runs.list,
    names: lists.names.list,
    scopes: list.map((one) => one.scope),
    meters: list.map((one) => one.meter),
    pers: list.map((one) => one.per),
    ops: heads,
  })
}

interface Lists {
  readonly runs: Places<string>
  readonly names: Places<string>
  readonly meters: Places<Charge>
}

/** An op without its body, in the columns of the type `midwatch.op`. Fields that are left out are null. */
function headOf(op: Op, lists: Lists): Fields {
  const { kind, runId, fence, seq, salt } = op
  return { kind, run: lists.runs.of(runId, runId), fence, seq, salt, ...fieldsOf(op, lists) }
}

function fieldsOf(op: Op, lists: Lists): Fields {
  switch (op.kind) {
    case 'begin':
      return { ...beginOf(op), ...chargesOf(op, lists), ...effectOf(op) }
    case 'doubt':
      return { ref: op.ref }
    case 'settle':
      return { ref: op.ref, did: op.did, used: op.used, ...sawOf(op.saw) }
    case 'note':
      for (const name of Object.keys(op.count ?? {})) lists.names.of(name, name)
      return { count: op.count, expires: op.expires, escalations: op.escalations }
    case 'park':
      return { waits: op.waits, due_at: op.dueAt, due_in_ms: op.dueInMs, ...givenBack(op) }
    case 'end':
      return { outcome: op.outcome, detail: op.detail, due_at: op.dueAt, ...givenBack(op) }
    case 'audit':
      return { due_at: op.dueAt, ...givenBack(op) }
  }
}

function givenBack(op: { readonly mailSeen?: number; readonly escalations?: readonly NewEscalation[] }): Fields {
  return { mail_seen: op.mailSeen, escalations: op.escalations }
}

function beginOf(op: Of<'begin'>): Fields {
  const { step, attempt, tool, timeoutMs: timeout_ms, settlesMs: settles_ms, breaker, supersedes } = op
  const locks = op.locks && op.locks.length > 0 ? [...new Set(op.locks)].sort() : undefined
  return { step, attempt, tool, timeout_ms, settles_ms, breaker, supersedes, locks }
}

/** Charges go in columns, which the database reads faster than objects; a column that says nothing new is left out. */
function chargesOf({ charges }: Of<'begin'>, { names, meters }: Lists): Fields {
  if (charges.length === 0) return {}
  const column = <T>(usual: T, of: (charge: Charge) => T): T[] | undefined => {
    const values = charges.map(of)
    return values.every((value) => value === usual) ? undefined : values
  }
  const [kind, per] = [column('sum', (one) => one.kind), column('total', (one) => one.per)]
  const [limit, amount] = [column<number | null>(null, (one) => one.limit), charges.map((one) => one.amount)]
  const scope = column('', (one) => (one.at === 'run' ? '' : one.scope))
  const ix = charges.map((one) =>
    one.at === 'run'
      ? -names.of(one.meter, one.meter)
      : meters.of(`${one.per} ${one.meter.length} ${one.meter}${one.scope}`, one),
  )
  // What the facts say of the charges before the database stamps them: its text is stored and hashed as it is.
  const words = JSON.stringify({ scope, meter: charges.map((one) => one.meter), kind, per, amount, limit }).slice(1, -1)
  return { ix, sort: kind, per, amount, max: limit, words }
}

function effectOf({ effect }: Of<'begin'>): Fields {
  if (!effect) return {}
  const { tool: effect_tool, key: effect_key, args: effect_args, resend, saw, undoes } = effect
  const taken = undoes ? { undoes_tool: undoes.tool, undoes_key: undoes.key } : {}
  return { effect_tool, effect_key, effect_args, resend, ...sawOf(saw), ...taken }
}

function sawOf(saw: { readonly attempt: number; readonly evidence: number } | undefined): Fields {
  return saw ? { saw_attempt: saw.attempt, saw_evidence: saw.evidence } : {}
}
