import { argsDigest } from '../../core/digest.js'
import type { Entry } from '../../core/entries.js'
import { MidwatchError } from '../../core/errors.js'
import type { Ledger } from '../../core/ledger.js'
import type { Charge } from '../../core/meters.js'
import type { Answer, Op } from '../../core/ops.js'
import { type AdmitBody, type BeginBody, readBody } from '../../orchestrator/bodies.js'
import { type Definition, servesKey } from '../../orchestrator/definition.js'
import { storedKey } from '../../orchestrator/doubt.js'
import { digestOf, effectKey, keyAgain } from '../../orchestrator/proposal.js'
import { check } from '../../tools/schema.js'
import { specNamed } from '../../tools/undo.js'
import type { Cut } from './cut.js'

export interface Soil {
  readonly ledger: Ledger
  readonly keySecret: string
  readonly definition: Definition
  /** Sets the ledger's clock: what is given happens when it happened. */
  readonly setTime: (at: number) => void
}

/** Long enough that a fork never loses its worker. */
const LEASE_MS = 10 * 365 * 86_400_000

/**
 * Puts the given part of a run into a fresh ledger, through the ledger's own port, and leaves it due: the same ids, times,
 * bodies, amounts and effects. Claims, parks and doubts that were cleared are left out. Answers with the worker that holds it.
 */
export async function sow(cut: Cut, soil: Soil): Promise<number> {
  const { ledger, setTime } = soil
  const { run } = cut.recording
  setTime(run.createdAt)
  await admit(cut, soil)
  const { workerId } = await ledger.workers.register({
    name: 'past',
    leaseMs: LEASE_MS,
    serves: [servesKey(soil.definition)],
    queues: ['default'],
  })
  const [claimed] = await ledger.claim({ workerId, limit: 1, runId: run.runId })
  if (!claimed) throw new Error(`Run ${run.runId} cannot be taken up.`)
  const { fence } = claimed.run
  const known: Known = { places: new Map(), keys: new Map() }
  let seq = claimed.run.headSeq
  for (const entry of cut.given) {
    setTime(entry.at)
    seq += 1
    known.places.set(entry.seq, seq)
    const op = await opOf(
      entry,
      { runId: run.runId, fence, seq, salt: entry.salt, body: entry.body ?? '' },
      cut,
      soil,
      known,
    )
    accepted(await ledger.apply([op]), entry)
  }
  setTime(cut.recording.entries.find((e) => e.seq === cut.from.seq)?.at ?? run.createdAt)
  const dueAt = await ledger.now()
  const base = { runId: run.runId, fence, seq: seq + 1, salt: '', body: '{"waits":"fork"}' }
  await ledger.apply([{ ...base, kind: 'park', waits: 'fork', dueAt, mailSeen: 0 }])
  return workerId
}

async function admit({ recording, from }: Cut, { ledger, definition }: Soil): Promise<void> {
  const { run, entries } = recording
  const [first] = entries
  const { input } = readBody<AdmitBody>(first?.body ?? null)
  const { name: agent, version, fingerprint } = definition
  const elapsedMs = (entries.find((e) => e.seq === from.seq)?.at ?? run.createdAt) - run.createdAt
  await ledger.admit({
    runId: run.runId,
    tenant: run.tenant,
    agent,
    version,
    fingerprint,
    queue: 'default',
    key: run.key,
    session: run.session,
    principal: run.principal,
    origin: run.origin === run.runId ? null : run.origin,
    deadlineMs: Math.max(definition.deadlineMs, elapsedMs + 1_000) + definition.windDownMs,
    meters: [...new Set([...definition.meters, ...Object.keys(run.meters)])],
    body: first?.body ?? '',
    salt: first?.salt ?? '',
    inputDigest: argsDigest(input ?? null),
  })
}

type Base = Pick<Op, 'runId' | 'fence' | 'seq' | 'salt' | 'body'>

/** What was sown already: where its entries stand now, and what its effect keys became, by tool and recorded key. */
interface Known {
  readonly places: Map<number, number>
  readonly keys: Map<string, string>
}

async function opOf(entry: Entry, base: Base, cut: Cut, soil: Soil, { places, keys }: Known): Promise<Op> {
  const { facts } = entry
  if (entry.kind === 'note') return { ...base, kind: 'note', ...(facts.count ? { count: facts.count } : {}) }
  if (entry.kind === 'settle') {
    const ref = places.get(entry.ref ?? 0) ?? 0
    return { ...base, kind: 'settle', ref, did: facts.did ?? 'failed', used: facts.used ?? [] }
  }
  const key = await keyNow(entry, cut, soil)
  const { effect, step = '', attempt = 1, tool = null, actsUntil = entry.at } = facts
  const { undoes } = effect ?? {}
  const nameOf = (of: { tool: string; key: string }) => `${of.tool}\n${of.key}`
  if (effect && key !== null) keys.set(nameOf(effect), key)
  const undone = undoes && { undoes: { tool: undoes.tool, key: keys.get(nameOf(undoes)) ?? undoes.key } }
  const claim = effect ? { effect: { tool: effect.tool, key: key ?? effect.key, args: effect.args, ...undone } } : {}
  const charges = (facts.charges ?? []).filter((c) => c.at === 'run').map(uncapped)
  return {
    ...base,
    kind: 'begin',
    step,
    attempt,
    tool,
    timeoutMs: actsUntil - entry.at,
    settlesMs: 0,
    charges,
    ...claim,
  }
}

/** It was granted: the ceilings of now do not take it back. */
const uncapped = ({ at, scope, meter, kind, per, amount }: Charge): Charge => ({
  ...{ at, scope, meter, kind, per, amount },
  limit: null,
})

/** The effect key as this ledger keeps it, so that a repeat is known as one. null: as it was recorded. */
async function keyNow(
  { body, facts }: Entry,
  { recording }: Cut,
  { definition, keySecret }: Soil,
): Promise<string | null> {
  const { name = '', input, again = null } = readBody<BeginBody>(body)
  const spec = specNamed(definition.tools, name)
  if (!spec || spec.effect === 'read' || input === undefined) return null
  const parsed = await check(spec.input, input)
  if (!parsed.ok) return null
  const { run, entries } = recording
  const messageKey = readBody<AdmitBody>(entries[0]?.body ?? null).messageKey ?? run.key ?? run.origin
  const asked = {
    spec,
    input: parsed.value,
    args: digestOf(input),
    perStep: definition.kind === 'flow',
    id: facts.step ?? '',
  }
  try {
    return storedKey(keySecret, run.tenant, name, keyAgain(effectKey({ run, messageKey }, asked), again))
  } catch {
    return null
  }
}

function accepted([answer]: readonly Answer[], entry: Entry): void {
  if (answer?.code === 'ok') return
  throw new MidwatchError(
    'invalid_input',
    `Entry ${entry.seq} of the recorded run is not accepted (${answer?.code}): the document is not whole, or was altered.`,
  )
}
