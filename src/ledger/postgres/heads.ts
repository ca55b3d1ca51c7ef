import type { Charge } from '../../core/meters.js'
import type { BeginOp, EndOp, NewEscalation, NoteOp, Op, SettleOp } from '../../core/ops.js'

type Fields = Readonly<Record<string, unknown>>

/** Things of a batch that its ops name by their place in a list, from 1: said once, looked up once. */
class Places<T> {
  readonly list: T[] = []
  readonly #known = new Map<string, number>()

  of(name: string, item: () => T): number {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    this.#known.set(name, this.list.push(item()))
    return this.list.length
  }
}

/** An op that is worked by itself, and its place in the batch from 1. */
export interface Alone {
  readonly op: Op
  readonly place: number
}

/**
 * What `midwatch.apply` takes of a batch as JSON: the ops that are worked one by one, without their bodies, and what they and
 * the strides name by place.
 */
export class Heads {
  readonly #runs = new Places<string>()
  readonly #names = new Places<string>()
  readonly #meters = new Places<Charge>()
  readonly #shapes = new Places<Fields>()

  /** The place of what a begin has in common with others of its step's kind: all but its name, its key and its body. */
  shapeOf(op: BeginOp): number {
    const { attempt, tool, timeoutMs: timeout_ms, settlesMs: settles_ms, breaker, charges } = op
    const name = `${attempt} ${timeout_ms} ${settles_ms} ${JSON.stringify([tool, breaker])} ${columnsOf(charges).name}`
    return this.#shapes.of(name, () => ({ attempt, tool, timeout_ms, settles_ms, breaker, ...this.#chargesOf(op) }))
  }

  /** Runs of strides are numbered first: there are `strides` of them. */
  text(strides: number, alone: readonly Alone[]): string {
    const ops = alone.map(({ op }) => ({
      ...this.#headOf(op),
      run: strides + this.#runs.of(op.runId, () => op.runId),
    }))
    const { list } = this.#meters
    return JSON.stringify({
      runs: this.#runs.list,
      names: this.#names.list,
      scopes: list.map((one) => one.scope),
      meters: list.map((one) => one.meter),
      pers: list.map((one) => one.per),
      shapes: this.#shapes.list,
      ops,
      places: alone.map(({ place }) => place),
    })
  }

  /** In the columns of the type `midwatch.op`; fields that are left out are null. */
  #headOf(op: Op): Fields {
    const { kind, fence, seq, salt } = op
    return { kind, fence, seq, salt, ...this.#fieldsOf(op) }
  }

  #fieldsOf(op: Op): Fields {
    switch (op.kind) {
      case 'begin':
        return { ...beginOf(op), ...this.#chargesOf(op), ...effectOf(op) }
      case 'doubt':
        return { ref: op.ref }
      case 'settle':
        return { ref: op.ref, did: op.did, used: op.used, ...sawOf(op.saw) }
      case 'note':
        for (const name of Object.keys(op.count ?? {})) this.#names.of(name, () => name)
        return { count: op.count, expires: op.expires, escalations: op.escalations, ...takenIn(op), ...stateOf(op) }
      case 'park':
        return { waits: op.waits, due_at: op.dueAt, due_in_ms: op.dueInMs, ...givenBack(op) }
      case 'end':
        return { ...endOf(op), ...givenBack(op), ...stateOf(op) }
      case 'audit':
        return { due_at: op.dueAt, ...givenBack(op) }
    }
  }

  #chargesOf({ charges }: BeginOp): Fields {
    if (charges.length === 0) return {}
    const ix = charges.map((one) =>
      one.at !== 'shared'
        ? -this.#names.of(one.meter, () => one.meter)
        : this.#meters.of(`${one.per} ${one.meter.length} ${one.meter}${one.scope}`, () => one),
    )
    return { ix, ...columnsOf(charges).fields }
  }
}

/** What a list of charges says by itself, whatever batch it is in. */
interface Columns {
  readonly fields: Fields
  /** The same for lists that say the same, and for no others. */
  readonly name: string
}

/** Lists of charges never change, and most are those of the step before. */
const KNOWN = new WeakMap<readonly Charge[], Columns>()

function columnsOf(charges: readonly Charge[]): Columns {
  const known = KNOWN.get(charges)
  if (known) return known
  const places = charges.map(({ at }) => at)
  const made = { fields: fieldsOf(charges), name: '' }
  made.name = JSON.stringify([places, charges.map(({ scope }) => scope), made.fields])
  KNOWN.set(charges, made)
  return made
}

/** Charges go in columns, which the database reads faster than objects; a column that says nothing new is left out. */
function fieldsOf(charges: readonly Charge[]): Fields {
  const column = <T>(usual: T, of: (charge: Charge) => T): T[] | undefined => {
    const values = charges.map(of)
    return values.every((value) => value === usual) ? undefined : values
  }
  const [kind, per] = [column('sum', (one) => one.kind), column('total', (one) => one.per)]
  const [limit, amount] = [column<number | null>(null, (one) => one.limit), charges.map((one) => one.amount)]
  const scope = column('', (one) => (one.at === 'run' ? '' : one.scope))
  // What the facts say of the charges before the database stamps them: its text is stored and hashed as it is.
  const meter = charges.map((one) => one.meter)
  const words = JSON.stringify({ scope, meter, kind, per, amount, limit }).slice(1, -1)
  const up = charges.some((one) => one.at === 'above') ? scope : undefined
  return { sort: kind, per, amount, max: limit, words, up }
}

function givenBack(op: { readonly mailSeen?: number; readonly escalations?: readonly NewEscalation[] }): Fields {
  return { mail_seen: op.mailSeen, escalations: op.escalations }
}

function endOf({ outcome, detail, owner, dueAt: due_at, next, scores }: EndOp): Fields {
  return { outcome, detail, owner, due_at, next, ...(scores && scores.length > 0 && { scores }) }
}

function takenIn({ absorbs }: NoteOp): Fields {
  return absorbs && absorbs.length > 0 ? { absorbs } : {}
}

function stateOf({ state }: Pick<NoteOp, 'state'>): Fields {
  return state ? { state_version: state.version, state_text: state.text } : {}
}

function beginOf(op: BeginOp): Fields {
  const { step, attempt, tool, timeoutMs: timeout_ms, settlesMs: settles_ms, breaker, supersedes, approval } = op
  const locks = op.locks && op.locks.length > 0 ? [...new Set(op.locks)].sort() : undefined
  const allowed = approval ? { approval: approval.id, approval_args: approval.args } : {}
  return { step, attempt, tool, timeout_ms, settles_ms, breaker, supersedes, locks, ...allowed }
}

function effectOf({ effect }: BeginOp): Fields {
  if (!effect) return {}
  const { tool: effect_tool, key: effect_key, args: effect_args, resend, saw, undoes } = effect
  const taken = undoes ? { undoes_tool: undoes.tool, undoes_key: undoes.key, undoes_attempt: undoes.attempt } : {}
  return { effect_tool, effect_key, effect_args, resend, ...sawOf(saw), ...taken }
}

function sawOf(saw: SettleOp['saw']): Fields {
  return saw ? { saw_attempt: saw.attempt, saw_evidence: saw.evidence } : {}
}
