import type { Escalation } from '../../core/escalation.js'
import { canonical, type JsonValue } from '../../core/json.js'
import type { Ledger } from '../../core/ledger.js'
import { NOBODY } from '../../core/observers.js'
import type { Outcome } from '../../core/states.js'
import { containmentPolicy } from '../../govern/containment.js'
import { Batcher } from '../../ledger/batcher.js'
import { NO_HEADS } from '../../ledger/heads/heads.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'
import type { PriceList } from '../../models/price.js'
import { Containment } from '../../orchestrator/containment.js'
import type { Engine } from '../../orchestrator/engine.js'
import { Gate } from '../../orchestrator/gate.js'
import { LedgerTime } from '../../orchestrator/ledger-time.js'
import { LiveText } from '../../orchestrator/live-text.js'
import { MapBodies } from '../../orchestrator/map-bodies.js'
import { takeUp } from '../../orchestrator/stretch.js'
import { Suspects } from '../../orchestrator/suspects.js'
import type { Replies } from '../../testing/scripted-model-reply.js'
import { type LaneCaps, Lanes } from '../../tools/lanes.js'
import { check } from '../../tools/schema.js'
import { Secrets } from '../../tools/secrets.js'
import type { Call } from '../../tools/tool.js'
import { chanceOf } from '../chance.js'
import type { AnyStartable, PersonSays, StandIn } from '../scenario.js'
import { generatedResult } from '../tools/generated.js'
import { comparedSteps, type ForkedStep } from './compared.js'
import { type Cut, cutBefore } from './cut.js'
import { LoneClock } from './lone-clock.js'
import { PastOutside } from './past-outside.js'
import type { Recording } from './recording.js'
import { sow } from './sow.js'
import { outcomeIn } from './steps.js'

export interface ForkOptions {
  /** The step from which on things may go otherwise: its number from 1, or its identity, as `issue_refund#2`. */
  readonly from: number | string
  /** recorded (default): what models said then, in order · agent: the agent's own models, called for real · or a script. */
  readonly model?: 'recorded' | 'agent' | Replies
  /** In place of recorded results, by tool. */
  readonly tools?: Readonly<Record<string, StandIn | 'generated'>>
  /** Answers what the recording does not. `null`: nobody does. Left out: the fork stops at the question. */
  readonly people?: (asked: Escalation) => PersonSays | null
  readonly prices?: PriceList
  readonly lanes?: Readonly<Record<string, LaneCaps>>
}

/** What came of a fork, beside what was recorded. JSON. */
export interface Forked {
  readonly runId: string
  readonly agent: string
  readonly version: number
  readonly from: { readonly nth: number; readonly step: string }
  readonly outcome: Outcome<JsonValue> | null
  /** What it waits for; null where it ended. `mismatch:STEP`: the code asks for something else than what is given. */
  readonly waits: string | null
  readonly recorded: Outcome<JsonValue> | null
  readonly usdMicros: { readonly recorded: number; readonly forked: number }
  readonly steps: readonly ForkedStep[]
}

const KEY_SECRET = 'fork'
/** A run that waits and is taken up so often comes to nothing. */
const MOST_STRETCHES = 2_000

/**
 * Takes a recorded run as given up to a step, and goes on from there with the agent as it is now, in virtual time on a
 * ledger in memory. Tools give what they gave then; nothing outside is touched. Throws `invalid_input` where the
 * recording cannot be gone on from.
 */
export async function fork(agent: AnyStartable, recording: Recording, options: ForkOptions): Promise<Forked> {
  const cut = cutBefore(recording, options.from)
  const played = new Play(agent, cut, options)
  await played.run()
  return played.result()
}

class Play {
  readonly #clock: LoneClock
  readonly #ledger: Ledger
  readonly #outside: PastOutside

  constructor(
    private readonly agent: AnyStartable,
    private readonly cut: Cut,
    private readonly options: ForkOptions,
  ) {
    this.#clock = new LoneClock(cut.recording.run.createdAt)
    this.#ledger = memoryLedger({ clock: this.#clock, secret: KEY_SECRET })
    const chance = chanceOf(cut.recording.run.runId)
    this.#outside = new PastOutside({
      steps: cut.steps,
      fromSeq: cut.from.seq,
      tools: options.tools ?? {},
      model: options.model ?? 'recorded',
      clock: this.#clock,
      invent: (spec, input) => generatedResult(spec, input, chance),
    })
  }

  get #runId(): string {
    return this.cut.recording.run.runId
  }

  async run(): Promise<void> {
    const { definition } = this.agent
    const setTime = (at: number) => this.#clock.setTime(at)
    const workerId = await sow(this.cut, { ledger: this.#ledger, keySecret: KEY_SECRET, definition, setTime })
    const engine = this.#engine()
    for (let n = 0; n < MOST_STRETCHES; n += 1) {
      const [claimed] = await this.#ledger.claim({ workerId, limit: 1, runId: this.#runId })
      if (claimed) await this.#clock.until(takeUp(engine, definition, claimed).then((work) => work.over))
      if (!(await this.#mayGoOn())) return
    }
  }

  /** Answers what is asked, and lets time go on to when the run is due. False where it ended, or waits in vain. */
  async #mayGoOn(): Promise<boolean> {
    const run = await this.#ledger.run({ runId: this.#runId })
    if (run === null || run.state === 'ended' || run.waits?.startsWith('mismatch:')) return false
    for (const asked of await this.#ledger.escalations({ runId: this.#runId, state: 'open' })) {
      const recorded = recordedAnswers(this.cut.recording, asked)
      const says = recorded.length > 0 ? recorded : [this.options.people?.(asked)]
      for (const one of says) {
        if (one === undefined) return false
        if (one !== null) await this.#answer(asked, one)
      }
    }
    const again = await this.#ledger.run({ runId: this.#runId })
    this.#clock.setTime(again?.dueAt ?? this.#clock.now())
    return again?.dueAt !== null
  }

  async #answer(asked: Escalation, says: PersonSays): Promise<void> {
    const { decision, by, note, result, afterMs = 0 } = says
    this.#clock.setTime(Math.max(this.#clock.now() + afterMs, asked.notBefore ?? 0))
    const words = {
      ...(note === undefined ? {} : { note }),
      ...(result === undefined ? {} : { result: canonical(result) }),
    }
    await this.#ledger.answer({ id: asked.id, decision, by, ...words })
  }

  #engine(): Engine {
    const { options } = this
    const [clock, ledger, outside] = [this.#clock, this.#ledger, this.#outside]
    const salts = numbers()
    const time = new LedgerTime(clock)
    return {
      ledger,
      batcher: new Batcher(ledger, clock),
      clock,
      time,
      entropy: { runId: () => this.#runId, salt: () => `fork-${salts.next().value}`, random: () => 0.5 },
      lanes: new Lanes(options.lanes),
      containment: new Containment(containmentPolicy({ breakers: false, retryBudget: false }), () => time.now()),
      secrets: new Secrets(() => 'no secret'),
      prices: options.prices ?? {},
      live: new LiveText(),
      observers: NOBODY,
      bodies: new MapBodies(),
      suspects: new Suspects(clock),
      keySecret: KEY_SECRET,
      heads: NO_HEADS,
      gate: new Gate(),
      ceilings: () => [],
      // What runs in a process of its own stands in here too.
      configModule: 'fork',
      outside,
      isolation: {
        call: async (spec, { wire, key, attempt }) => {
          const input = await check(spec.input, wire)
          return outside.execute(spec, input.ok ? input.value : wire, { key, attempt } as Call)
        },
        warm: async () => undefined,
        close: () => undefined,
      },
      failpoint: () => Promise.resolve(),
    }
  }

  async result(): Promise<Forked> {
    const { recording, nth, from, steps } = this.cut
    const { name: agent, version } = this.agent.definition
    const entries = await this.#ledger.journal({ runId: this.#runId })
    const run = await this.#ledger.run({ runId: this.#runId })
    const usd = { recorded: recording.run.meters.usd?.used ?? 0, forked: run?.meters.usd?.used ?? 0 }
    return {
      runId: this.#runId,
      agent,
      version,
      from: { nth, step: from.id },
      outcome: outcomeIn(entries),
      waits: run?.state === 'ended' ? null : (run?.waits ?? null),
      recorded: outcomeIn(recording.entries),
      usdMicros: usd,
      steps: comparedSteps(steps, entries, nth, this.#outside.sources),
    }
  }
}

function* numbers(): Generator<number> {
  for (let n = 1; ; n += 1) yield n
}

/** What was said then of the very same question: of two people by both, in their order. */
function recordedAnswers({ escalations }: Recording, asked: Escalation): PersonSays[] {
  const same = escalations.find((one) => one.kind === asked.kind && one.tool === asked.tool && one.args === asked.args)
  if (!same?.decision) return []
  const { decision, by, note, result, answeredAt, openedAt, kind } = same
  // Of a document that was written before two could be asked there is none.
  const first = same.first ?? null
  const says = (one: Words, how: PersonSays['decision'], from: number): PersonSays => ({
    decision: how,
    by: one.by ?? 'somebody',
    ...(one.note === null ? {} : { note: one.note }),
    ...(one.result === null ? {} : { result: JSON.parse(one.result) as JsonValue }),
    ...(one.at === null ? {} : { afterMs: Math.max(0, one.at - from) }),
  })
  const last = says({ by, note, result, at: answeredAt }, decision, first?.at ?? openedAt)
  return first === null ? [last] : [says(first, kind === 'question' ? 'answer' : 'approve', openedAt), last]
}

interface Words {
  readonly by: string | null
  readonly note: string | null
  readonly result: string | null
  readonly at: number | null
}
