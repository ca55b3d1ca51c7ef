import { sha256 } from '../../core/digest.js'
import type { Entropy } from '../../core/ids.js'
import { canonical } from '../../core/json.js'
import type { Ledger } from '../../core/ledger.js'
import type { LostWrite, Write } from '../../core/lives.js'
import type { Charge } from '../../core/meters.js'
import type { Answer, NoteOp } from '../../core/ops.js'
import type { RunRow } from '../../core/run-row.js'
import { type BeginBody, readBody } from '../../orchestrator/bodies.js'
import { servesKey } from '../../orchestrator/definition.js'

/** What became of a write that the ledger had lost. `known`: its key is taken, so that the ledger knows of the effect by other means. */
export interface Kept {
  readonly runId: string
  readonly code: 'doubt' | 'known'
}

type Fields = Pick<NoteOp, 'runId' | 'fence' | 'seq' | 'salt' | 'body'>

const LEASE_MS = 60_000
const DEADLINE_MS = 86_400_000

/**
 * Puts a lost write back as what it is: a doubt, of a run that has ended. So all that holds for doubts holds for it: its key is taken
 * until it is cleared, by a check of its tool where that has one, by a person else, and whoever wants the same effect adopts it.
 * Sent again it does nothing.
 *
 * null: a switch covers it, so that nothing can be begun there.
 */
export async function keepLost(ledger: Ledger, entropy: Entropy, write: Write): Promise<Kept | null> {
  const { of, op } = write
  const { tenant, agent, version, fingerprint, principal, origin, messageKey } = of
  const key = `lost:${op.runId}:${op.seq}:${op.salt}`
  const { runId } = await ledger.admit({
    ...{
      runId: entropy.runId(),
      tenant,
      agent,
      version,
      fingerprint,
      key,
      principal,
      origin,
      queue: 'default',
      session: null,
    },
    // It was accepted once: no bound on what waits may turn it away.
    ...{ owed: true, deadlineMs: DEADLINE_MS, meters: [], salt: entropy.salt(), inputDigest: sha256(key) },
    body: canonical({ input: null, messageKey }),
  })
  const { workerId } = await ledger.workers.register({
    ...{ name: 'reconcile', leaseMs: LEASE_MS, queues: [] },
    serves: [servesKey({ name: agent, version, fingerprint })],
  })
  const [claimed] = await ledger.claim({ workerId, limit: 1, runId })
  const run = claimed?.run ?? (await ledger.run({ runId }))
  const kept = run && (claimed ? await begin(ledger, entropy, run, write) : standing(run))
  await ledger.workers.retire({ workerId })
  return kept ?? null
}

/** It was kept before. */
const standing = ({ runId, outcome }: RunRow): Kept => ({ runId, code: outcome === 'refused' ? 'known' : 'doubt' })

async function begin(ledger: Ledger, entropy: Entropy, run: RunRow, { op, of, at }: Write): Promise<Kept | null> {
  const { runId, fence } = run
  const fields = (seq: number, body: unknown): Fields => ({
    runId,
    fence,
    seq,
    salt: entropy.salt(),
    body: canonical(body),
  })
  const lost = { runId: op.runId, seq: op.seq, at, session: of.session }
  const { input, name, said } = readBody<BeginBody>(op.body)
  const intent = { sort: 'tool', name, input, lost, ...(said !== undefined && { said }) }
  const { step, tool, timeoutMs, settlesMs, effect } = op
  if (effect === undefined) return null
  const { tool: effectTool, key, args: effectArgs } = effect
  const bare = {
    ...fields(run.headSeq + 1, intent),
    ...{ kind: 'begin' as const, step, attempt: 1, tool, timeoutMs, settlesMs },
    effect: { tool: effectTool, key, args: effectArgs },
  }
  const begun = await one(ledger, { ...bare, charges: op.charges.filter(isShared).map(unlimited) })
  // An operator's ceiling must not keep what was done from being known.
  const granted = begun.code === 'ceiling' ? await one(ledger, { ...bare, charges: [] }) : begun
  if (granted.code === 'switched') return null
  if (granted.code !== 'ok') return end(ledger, run, fields(run.headSeq + 1, refused(granted)), 'refused')
  const seq = run.headSeq + 1
  const doubt = { step, why: 'lost', message: 'The ledger has lost this attempt.' }
  await one(ledger, { ...fields(seq + 1, doubt), kind: 'doubt', ref: seq })
  const note = `A part of the ledger was lost, in which run ${op.runId} began this.`
  const outcome = { outcome: { status: 'handed_over', to: 'operator', note } }
  return end(ledger, run, fields(seq + 2, outcome), 'handed_over', granted.actsUntil ?? null)
}

const refused = ({ code }: Answer) => ({
  outcome: { status: 'refused', reason: 'policy', say: `The ledger knows of this effect: ${code}.` },
})

async function end(
  ledger: Ledger,
  { runId, mailHead }: RunRow,
  fields: Fields,
  outcome: 'handed_over' | 'refused',
  dueAt: number | null = null,
): Promise<Kept> {
  await one(ledger, { ...fields, kind: 'end', outcome, detail: 'lost', mailSeen: mailHead, dueAt })
  return { runId, code: outcome === 'refused' ? 'known' : 'doubt' }
}

async function one(ledger: Ledger, op: Parameters<Ledger['apply']>[0][number]): Promise<Answer> {
  const [answer] = await ledger.apply([op])
  return answer as Answer
}

/** What was lost counts on the meters that others share; those of its run went with that. */
const isShared = ({ at, kind }: Charge): boolean => at === 'shared' && kind === 'sum'
const unlimited = (charge: Charge): Charge => ({ ...charge, limit: null })

/** Whether anything is known of it by which it could be kept. */
export const canBeKept = (lost: LostWrite): lost is LostWrite & { readonly write: Write } => lost.write !== null
