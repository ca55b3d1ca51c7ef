import fc from 'fast-check'
import { inspectFacts } from '../../src/core/invariants/inspect.js'
import { readFacts } from '../../src/core/invariants/read.js'
import type { Side } from './pair.js'
import { Pair } from './pair.js'
import type { Stage } from './play.js'
import { type SessionEvent, SessionNight } from './session-night.js'

const events = fc.noBias(
  fc.array(fc.tuple(fc.nat(SessionNight.kinds - 1), fc.nat(99), fc.nat(99), fc.nat(99)), {
    minLength: 20,
    maxLength: 120,
    size: 'max',
  }),
)

/** Both ledgers answer every sequence of events alike, leave the same behind, keep their promises, and work all they accepted. */
export function workedAlike(stage: () => Promise<Stage>, then: (night: SessionNight) => void = () => undefined) {
  return fc.asyncProperty(events, async (sequence: readonly SessionEvent[]) => {
    const { one, other, mark } = await stage()
    const night = new SessionNight(new Pair(one, other), mark)
    try {
      await night.dusk()
      for (const event of sequence) await night.happen(event)
      await compare(night)
      const left = await night.dawn()
      await compare(night)
      for (const side of [one, other]) await keepsPromises(side, night)
      if (left.length > 0) throw new Error(`Not ended: ${JSON.stringify(left)}\n${night.pair.log.join('\n')}`)
      then(night)
    } finally {
      for (const { scope, engaged } of await other.ledger.switches()) {
        if (engaged) await other.ledger.release({ scope, by: 'morning', jitterMs: 0 })
      }
    }
  })
}

async function compare({ pair, runIds, mark }: SessionNight): Promise<void> {
  const tenant = `tenant-${mark}`
  await pair.both('sessions', ({ ledger }) => ledger.sessions({ tenant }))
  await pair.both('runs', ({ ledger }) => ledger.runs({ tenant, after: '', limit: 1_000 }))
  for (const runId of runIds) {
    await pair.both(`journal ${runId}`, ({ ledger }) => ledger.journal({ runId }))
    await pair.both(`mail ${runId}`, ({ ledger }) => ledger.mail({ runId, after: 0 }))
    await pair.both(`switched ${runId}`, ({ ledger }) => ledger.switchedRun({ runId }))
  }
  await pair.both('notices', async ({ ledger }) => {
    const told = await ledger.notices({ limit: 10_000, retryAfterMs: 0 })
    for (const { id } of told) await ledger.noticeSent({ id })
    return told.filter(({ kind }) => kind === 'gap' || kind === 'closed').map(({ kind, body, at }) => [kind, body, at])
  })
}

async function keepsPromises({ name, ledger }: Side, { pair }: SessionNight): Promise<void> {
  const broken = inspectFacts(await readFacts(ledger)).map((one) => JSON.stringify(one))
  if (broken.length > 0) throw new Error([`${name} broke a promise:`, ...broken, 'After:', ...pair.log].join('\n'))
}
