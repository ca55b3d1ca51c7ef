import type { Decision, Escalation } from '../../core/escalation.js'
import { canonical } from '../../core/json.js'
import type { Answer, NewEscalation, Op } from '../../core/ops.js'
import type { FaultName, Strike } from '../fault.js'
import type { Asked, PersonSays } from '../scenario.js'
import type { Actor, Surroundings } from '../surroundings.js'
import { Errands } from './errands.js'
import { truthOf } from './truth.js'

const FAULTS: readonly FaultName[] = ['person_never', 'person_late', 'person_twice', 'person_changed']
/** How long somebody takes who has nothing else to do, ms; never more than half of the time there is. */
const THINKS_MS = { least: 1_000, most: 600_000 } as const

/** What contradicts a decision. */
const OTHERWISE: Readonly<Record<Decision, Decision>> = {
  approve: 'deny',
  deny: 'approve',
  happened: 'not_happened',
  not_happened: 'happened',
  answer: 'answer',
}

/** Those whom runs ask. Each question is looked at once on each of its rungs, and no doubt before it can be known. */
export class People implements Actor {
  readonly #errands: Errands

  constructor(private readonly s: Surroundings) {
    this.#errands = new Errands(s.clock)
  }

  get busy(): boolean {
    return this.#errands.busy
  }

  wrote(ops: readonly Op[], answers: readonly Answer[]): void {
    for (const [i, op] of ops.entries()) {
      if ((op.kind !== 'park' && op.kind !== 'audit') || answers[i]?.code !== 'ok') continue
      for (const asked of op.escalations ?? []) this.#asked(asked)
    }
  }

  #asked({ id, kind, notBefore, rung, people }: NewEscalation): void {
    const { s } = this
    // Only where there is somebody who asked, and where two must say yes, can these come to anything.
    const isAsked = kind === 'approval' && s.story.messages.some(({ principal }) => principal !== undefined)
    const more: FaultName[] = [
      ...(isAsked ? (['person_requester'] as const) : []),
      ...(people === 2 ? (['person_alone'] as const) : []),
    ]
    const strike = s.fates.at({ kind: 'person', name: kind }, [...FAULTS, ...more])
    const waitMs = notBefore === null ? 0 : notBefore - s.clock.now()
    this.#errands.after(waitMs, async () => {
      const [row] = await s.ledger.escalations({ id })
      // Overtaken by what came another way, or by the next rung.
      if (row?.state !== 'open' || row.rung !== rung) return
      const says = await this.#decide(row)
      if (says !== null) this.#answer(row, says, strike)
    })
  }

  async #decide(row: Escalation): Promise<PersonSays | null> {
    const { scenario, world } = this.s
    const truth = await truthOf(this.s, row)
    const happened = truth?.happened ?? null
    const usual = byDefault(row, happened)
    const asked: Asked<unknown> = { escalation: row, world, happened, usual }
    const says = scenario.people ? scenario.people(asked) : usual
    // Who looked into the books says what stands there.
    const fills = says?.decision === 'happened' && says.result === undefined && truth?.happened
    return fills ? { ...says, result: truth.result } : says
  }

  #answer(row: Escalation, says: PersonSays, strike: Strike | null): void {
    const { s } = this
    const leftMs = row.dueAt - s.clock.now()
    const thinks = s.chance.between(THINKS_MS.least, THINKS_MS.most, `thinks|${row.id}|${row.rung}`)
    const afterMs = says.afterMs ?? Math.min(thinks, Math.max(0, Math.floor(leftMs / 2)))
    switch (strike?.fault) {
      case 'person_never':
        s.fates.bit(strike)
        break
      case 'person_late':
        this.#late(row, says, strike, leftMs)
        break
      case 'person_twice':
        this.#twice(row, says, strike, afterMs)
        break
      case 'person_changed':
        this.#changed(row, says, strike, afterMs)
        break
      case 'person_alone':
        this.#alone(row, says, strike, afterMs)
        break
      case 'person_requester':
        this.#requester(row, says, strike, afterMs)
        break
      default:
        this.#errands.after(afterMs, async () => void (await this.#say(row, says)))
    }
  }

  #late(row: Escalation, says: PersonSays, strike: Strike, leftMs: number): void {
    const lateMs = this.s.chance.between(1, 3_600_000, `${strike.place}|late`)
    this.#errands.after(Math.max(0, leftMs) + lateMs, async () => {
      await this.#say(row, says)
      this.s.fates.bit(strike)
    })
  }

  /** Once an answer is taken, at once or a while later somebody says the contrary. */
  #twice(row: Escalation, says: PersonSays, strike: Strike, afterMs: number): void {
    const { s } = this
    const decision = OTHERWISE[says.decision]
    const contrary: PersonSays = { ...says, decision, by: `${says.by}-again`, result: null }
    this.#errands.after(afterMs, async () => {
      if ((await this.#say(row, says)) !== 'ok') return
      this.#errands.after(s.chance.pick([0, 1, 40, 5_000], `${strike.place}|again`), async () => {
        await this.#say(row, contrary)
        s.fates.bit(strike)
      })
    })
  }

  /** Answers for arguments that were not shown; told that this is no answer, mostly looks again. */
  #changed(row: Escalation, says: PersonSays, strike: Strike, afterMs: number): void {
    const { s } = this
    this.#errands.after(afterMs, async () => {
      const code = await this.#say({ ...row, args: `${row.args.slice(0, -1)}~` }, says)
      if (code === 'other_arguments') s.fates.bit(strike)
      if (s.chance.of(`${strike.place}|again`) < 0.7) {
        this.#errands.after(1_000, async () => void (await this.#say(row, says)))
      }
    })
  }

  /** Of two who are asked one answers for both; told that another one must, somebody else mostly does. */
  #alone(row: Escalation, says: PersonSays, strike: Strike, afterMs: number): void {
    this.#errands.after(afterMs, async () => {
      const first = await this.#sayOnce(row, says)
      const again = await this.#sayOnce(row, says)
      if (first.missing === 1 && again.code === 'same_person') this.s.fates.bit(strike)
      if (first.missing === 1 && this.s.chance.of(`${strike.place}|other`) < 0.7) this.#second(row, says)
    })
  }

  /** Whoever asked for the run allows it; told that this is nobody's yes, somebody else is asked after all. */
  #requester(row: Escalation, says: PersonSays, strike: Strike, afterMs: number): void {
    this.#errands.after(afterMs, async () => {
      const run = await this.s.ledger.run({ runId: row.runId })
      const own: PersonSays = { decision: 'approve', by: run?.principal ?? 'nobody' }
      if ((await this.#sayOnce(row, own)).code === 'requester') this.s.fates.bit(strike)
      this.#errands.after(1_000, async () => void (await this.#say(row, says)))
    })
  }

  /** Where two must say yes somebody else does, a while after the first. */
  #second(row: Escalation, says: PersonSays): void {
    const other: PersonSays = { ...says, by: `${says.by}-too` }
    this.#errands.after(this.s.chance.pick([1, 400, 60_000], `second|${row.id}`), async () => {
      await this.#sayOnce(row, other)
    })
  }

  async #say(row: Escalation, says: PersonSays) {
    const { code, missing } = await this.#sayOnce(row, says)
    if (missing === 1) this.#second(row, says)
    return code
  }

  async #sayOnce(row: Pick<Escalation, 'id' | 'args'>, says: PersonSays) {
    const { decision, by, note, result } = says
    const more = { ...(note !== undefined && { note }), ...(result !== undefined && { result: canonical(result) }) }
    return this.s.ledger.answer({ id: row.id, args: row.args, decision, by, ...more })
  }
}

/** Approves, but for what was done already; says of a doubt what is true; lets questions come to their default. */
function byDefault(escalation: Escalation, happened: boolean | null): PersonSays | null {
  const by = escalation.chain[escalation.rung]?.to ?? 'operator'
  if (escalation.kind === 'approval') return { decision: isRepeat(escalation) ? 'deny' : 'approve', by }
  if (escalation.kind === 'doubt') return { decision: happened ? 'happened' : 'not_happened', by }
  return null
}

/** Whether it is about something that was done once already. */
const isRepeat = ({ show }: Escalation) => (JSON.parse(show) as { readonly repeat?: boolean } | null)?.repeat === true
