import type { NewEscalation, Op } from '../../core/ops.js'

/** The fields of an op as the type `midwatch.op` names them; the body travels apart, as text. */
export type Head = Readonly<Record<string, unknown>>

type Of<K extends Op['kind']> = Extract<Op, { kind: K }>

/** An op without its body. Fields that are left out are null. */
export function headOf(op: Op): Head {
  const { kind, runId: run_id, fence, seq, salt } = op
  return { kind, run_id, fence, seq, salt, ...fieldsOf(op) }
}

function fieldsOf(op: Op): Head {
  switch (op.kind) {
    case 'begin':
      return { ...beginOf(op), ...chargesOf(op), ...effectOf(op) }
    case 'doubt':
      return { ref: op.ref }
    case 'settle':
      return { ref: op.ref, did: op.did, used: op.used, ...sawOf(op.saw) }
    case 'note':
      return { count: op.count, expires: op.expires }
    case 'park':
      return { waits: op.waits, due_at: op.dueAt, due_in_ms: op.dueInMs, ...givenBack(op) }
    case 'end':
      return { outcome: op.outcome, detail: op.detail, due_at: op.dueAt, ...givenBack(op) }
    case 'audit':
      return { due_at: op.dueAt, ...givenBack(op) }
  }
}

function givenBack(op: { readonly mailSeen?: number; readonly escalations?: readonly NewEscalation[] }): Head {
  return { mail_seen: op.mailSeen, escalations: op.escalations }
}

function beginOf(op: Of<'begin'>): Head {
  const { step, attempt, tool, timeoutMs: timeout_ms, settlesMs: settles_ms, breaker, supersedes } = op
  const locks = op.locks && op.locks.length > 0 ? [...new Set(op.locks)].sort() : undefined
  return { step, attempt, tool, timeout_ms, settles_ms, breaker, supersedes, locks }
}

/** Charges go in columns: the database reads arrays faster than objects. Scope '' is the run's own. */
function chargesOf({ charges }: Of<'begin'>): Head {
  return {
    scope: charges.map((one) => (one.at === 'run' ? '' : one.scope)),
    meter: charges.map((one) => one.meter),
    sort: charges.map((one) => one.kind),
    per: charges.map((one) => one.per),
    amount: charges.map((one) => one.amount),
    max: charges.map((one) => one.limit),
  }
}

function effectOf({ effect }: Of<'begin'>): Head {
  if (!effect) return {}
  const { tool: effect_tool, key: effect_key, args: effect_args, resend, saw } = effect
  return { effect_tool, effect_key, effect_args, resend, ...sawOf(saw) }
}

function sawOf(saw: { readonly attempt: number; readonly evidence: number } | undefined): Head {
  return saw ? { saw_attempt: saw.attempt, saw_evidence: saw.evidence } : {}
}
