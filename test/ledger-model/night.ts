import type { Admission } from '../../src/core/admission.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { BeginOp, Op } from '../../src/core/ops.js'
import type { RunRow } from '../../src/core/run-row.js'
import { scopeOf } from '../../src/core/scope.js'
import type { Command, OpWish } from './commands.js'
import { breakerOf, chosen, makeOp, toolOf } from './making.js'
import type { Pair, Side } from './pair.js'

type Of<D extends Command['do']> = Extract<Command, { readonly do: D }>

export const DAWN_MS = Date.UTC(2026, 0, 31, 22)

/** Plays commands on two ledgers at once; what they refer to is looked up on the first. */
export class Night {
  readonly runIds: string[] = []
  readonly tenants: readonly [string, string]
  readonly codes = new Set<string>()
  now = DAWN_MS
  private readonly sent: Op[] = []
  private readonly delayed: Op[][] = []
  private readonly fences = new Map<string, number[]>()
  private readonly begins = new Map<string, Map<number, BeginOp>>()
  private salts = 0

  constructor(
    readonly pair: Pair,
    readonly mark: string,
  ) {
    this.tenants = [`tenant-0-${mark}`, `tenant-1-${mark}`]
  }

  private get ledger(): Ledger {
    return this.pair.one.ledger
  }

  /** Two workers, and three runs that one of them holds: so that every command has something to work on. */
  async dusk(): Promise<void> {
    await this.pass({ do: 'pass', ms: 0 })
    await this.register({ do: 'register', leaseMs: 900_000 })
    await this.register({ do: 'register', leaseMs: 20_000 })
    const run = { do: 'admit', session: null, key: null, input: 0, deadlineMs: 9_000_000_000 } as const
    for (const tenant of [0, 0, 1]) await this.admit({ ...run, tenant })
    await this.claim({ do: 'claim', worker: 0, run: null, limit: 100 })
  }

  async play(command: Command): Promise<void> {
    const plays = this[command.do] as (command: Command) => Promise<unknown>
    await plays.call(this, command)
  }

  private worker(side: Side, worker: number): number {
    return chosen(side.workerIds, worker) ?? 0
  }

  private runId(run: number): string {
    return chosen(this.runIds, run) ?? 'none'
  }

  async register({ leaseMs }: Of<'register'>): Promise<void> {
    const what = { name: 'w', leaseMs, serves: [`agent-${this.mark}@1#f`], queues: [`queue-${this.mark}`] }
    await this.pair.both('register', async (side) => {
      const { workerId, ...rest } = await side.ledger.workers.register(what)
      side.workerIds.push(workerId)
      return rest
    })
  }

  async heartbeat({ worker }: Of<'heartbeat' | 'retire'>): Promise<void> {
    await this.pair.both(`heartbeat ${worker}`, async (side) => {
      const { held, at } = await side.ledger.workers.heartbeat({ workerId: this.worker(side, worker), leaseMs: 5_000 })
      return { held, at }
    })
  }

  async retire({ worker }: Of<'heartbeat' | 'retire'>): Promise<void> {
    await this.pair.both(`retire ${worker}`, (side) =>
      side.ledger.workers.retire({ workerId: this.worker(side, worker) }),
    )
  }

  async admit({ tenant, session, key, input, deadlineMs }: Of<'admit'>): Promise<void> {
    const runId = `run-${this.runIds.length}-${this.mark}`
    const who = { tenant: this.tenants[tenant % 2] ?? '', agent: `agent-${this.mark}`, version: 1, fingerprint: 'f' }
    const named = { key: key === null ? null : `k${key}`, session: session === null ? null : `s${session}` }
    const rest = { principal: 'cleo', origin: null, deadlineMs, meters: ['usd', 'steps', 'context_tokens'] }
    const content = { body: '{"input":1}', salt: 'salt', inputDigest: `input-${input}` }
    const admission: Admission = { runId, queue: `queue-${this.mark}`, ...who, ...named, ...rest, ...content }
    const { code } = await this.pair.both(`admit ${JSON.stringify({ runId, ...named })}`, ({ ledger }) =>
      ledger.admit(admission),
    )
    if (code === 'ok') this.runIds.push(runId)
  }

  /** Trees are two deep. */
  async child({ run, fence, count, step, no, key, deadlineMs }: Of<'child'>): Promise<void> {
    await this.someoneHolds()
    const held = (await this.rows()).filter((row) => row.state === 'running' && row.depth < 2)
    const parent = chosen(held, run)
    if (!parent) return
    const { runId, tenant } = parent
    const old = chosen(this.fences.get(runId) ?? [], run) ?? 1
    const under = { runId, fence: fence === 'old' ? old : parent.fence, step: `call-${step}` }
    const who = { tenant, agent: `agent-${this.mark}`, version: 1, fingerprint: 'f', queue: `queue-${this.mark}` }
    const content = {
      body: '{"input":3}',
      salt: 'salt',
      inputDigest: 'input-3',
      meters: ['usd', 'steps', 'context_tokens'],
    }
    // Ids come once, as they do everywhere.
    this.salts += 1
    const rows = Array.from(
      { length: count },
      (_, i): Admission => ({
        ...{ ...who, ...content, deadlineMs, session: null, principal: null, origin: null },
        runId: `child-${this.salts}-${i}-${this.mark}`,
        key: key === null ? null : `c${key + i}`,
        parent: under,
        group: no === null ? null : { atOnce: 2, no: no + i },
      }),
    )
    const asked = `children ${JSON.stringify({ under, no, ids: rows.map((row) => row.runId), key })}`
    const answers = await this.pair.both(asked, ({ ledger }) => ledger.admitAll(rows))
    answers.forEach(({ code }, i) => {
      this.codes.add(`child ${code}`)
      if (code === 'ok') this.runIds.push(rows[i]?.runId ?? '')
    })
  }

  async seal({ run, step, total }: Of<'seal'>): Promise<void> {
    const parents = (await this.rows()).filter((row) => row.state === 'running')
    const parent = chosen(parents, run)
    if (!parent) return
    const named = { runId: parent.runId, step: `call-${step}` }
    const admitted = (await this.ledger.group(named))?.admitted ?? 0
    const asked = { ...named, fence: parent.fence, total: total ?? admitted }
    const { code } = await this.pair.both(`seal ${JSON.stringify(asked)}`, ({ ledger }) => ledger.sealGroup(asked))
    this.codes.add(`seal ${code}`)
  }

  async claim({ worker, run, limit }: Of<'claim'>): Promise<void> {
    const workers = await this.ledger.workers.list()
    if (workers.every((row) => row.leaseUntil <= this.now)) {
      await this.register({ do: 'register', leaseMs: 900_000 })
    }
    // Among runs of dead workers there is no order, nor among children that are due in one moment: all are asked for.
    const unordered = (await this.rows()).some(
      (row) =>
        row.first !== row.runId ||
        row.parent !== null ||
        workers.some((one) => one.workerId === row.workerId && one.leaseUntil <= this.now),
    )
    const which = run === null ? { limit: unordered ? 100 : limit } : { limit: 1, runId: this.runId(run) }
    const claimed = await this.pair.both(`claim ${worker} ${JSON.stringify(which)}`, async (side) => {
      const found = await side.ledger.claim({ workerId: this.worker(side, worker), ...which })
      return found.sort((a, b) => (a.run.runId < b.run.runId ? -1 : 1))
    })
    for (const { run } of claimed) {
      const fences = this.fences.get(run.runId) ?? []
      this.fences.set(run.runId, [...fences, run.fence])
    }
  }

  /** Where nobody holds anything there is little to do: then somebody claims what is due. */
  private async someoneHolds(): Promise<void> {
    if ((await this.rows()).some((row) => row.workerId !== null)) return
    const live = (await this.ledger.workers.list()).findIndex((row) => row.leaseUntil > this.now)
    await this.claim({ do: 'claim', worker: Math.max(0, live), run: null, limit: 100 })
  }

  async apply({ ops, late }: Of<'apply'>): Promise<void> {
    await this.someoneHolds()
    const made: Op[] = []
    for (const wish of ops) made.push(await this.make(wish, made))
    if (late) this.delayed.push(made)
    else await this.send(made)
  }

  async deliver({ pick }: Of<'deliver'>): Promise<void> {
    const ops = chosen(this.delayed, pick)
    if (ops) await this.send(ops)
  }

  async again({ pick, as }: Of<'again'>): Promise<void> {
    const op = chosen(this.sent, pick)
    if (!op) return
    const run = await this.ledger.run({ runId: op.runId })
    const others = { own: {}, current: { fence: run?.fence ?? 0 }, nobody: { runId: `nobody-${this.mark}` } }
    await this.send([{ ...op, ...others[as] }])
  }

  async leave({ ops }: Of<'leave'>): Promise<void> {
    await this.someoneHolds()
    const made: Op[] = []
    for (const wish of ops) {
      const { runId, open } = await this.chosenRun(wish)
      const doubted = await this.doubted(runId)
      const left = open.filter((seq) => !doubted.has(seq))
      for (const [place] of left.entries()) {
        made.push(await this.make({ ...wish, pick: place, kind: 'doubt' }, made))
      }
      made.push(await this.make(wish, made))
    }
    await this.send(made)
  }

  private async doubted(runId: string): Promise<Set<number>> {
    const journal = await this.ledger.journal({ runId })
    return new Set(journal.flatMap((entry) => (entry.kind === 'doubt' && entry.ref !== null ? [entry.ref] : [])))
  }

  /** Sends a batch to both and remembers what was granted. */
  private async send(ops: readonly Op[]): Promise<void> {
    const answers = await this.pair.both(`apply ${JSON.stringify(ops)}`, ({ ledger }) => ledger.apply(ops))
    ops.forEach((op, index) => {
      this.sent.push(op)
      this.codes.add(answers[index]?.code ?? 'none')
      if (op.kind === 'begin' && answers[index]?.code === 'ok') this.remember(op)
      if (op.kind === 'end' && op.next && answers[index]?.code === 'ok') this.runIds.push(op.next.runId)
    })
  }

  private remember(op: BeginOp): void {
    const begins = this.begins.get(op.runId) ?? new Map<number, BeginOp>()
    this.begins.set(op.runId, begins.set(op.seq, op))
  }

  /** Ops of one run in one batch follow each other. */
  private async make(wish: OpWish, before: readonly Op[]): Promise<Op> {
    const run = await this.chosenRun(wish)
    const ahead = before.filter((op) => op.runId === run.runId).length
    const next = run.headSeq + 1 + ahead
    const seq = wish.seq === 'next' ? next : wish.seq === 'taken' ? Math.max(1, next - 1) : next + 1
    const old = chosen(this.fences.get(run.runId) ?? [], wish.pick) ?? 1
    this.salts += 1
    return makeOp(wish, {
      ...{ mark: this.mark, now: this.now, run, seq, salt: `${this.salts}` },
      fence: wish.fence === 'old' ? old : run.fence,
      begins: this.begins.get(run.runId) ?? new Map(),
      doubted: await this.doubted(run.runId),
      effect: (tool, key) => this.ledger.effect({ tenant: run.tenant, tool, key }),
    })
  }

  private async rows(): Promise<RunRow[]> {
    const found = await Promise.all(this.runIds.map((runId) => this.ledger.run({ runId })))
    return found.filter((row) => row !== null)
  }

  private async chosenRun({ run, of }: OpWish): Promise<RunRow> {
    const all = await this.rows()
    const held = all.filter((row) => row.workerId !== null)
    const row = chosen(of === 'held' && held.length > 0 ? held : all, run)
    if (!row) throw new Error('there is always a run')
    return row
  }

  private scopes(run: RunRow | null): string[] {
    const [tenant] = this.tenants
    const tool = scopeOf.tool(toolOf(this.mark, 0))
    const wide = [scopeOf.fleet, scopeOf.tenant(tenant), scopeOf.agent(`agent-${this.mark}`), tool]
    return [...wide, scopeOf.session(tenant, 's0'), scopeOf.run(run?.ancestors[0] ?? run?.runId ?? 'none')]
  }

  async engage({ scope, run, mode }: Of<'engage'>): Promise<void> {
    const scopes = this.scopes(await this.ledger.run({ runId: this.runId(run) }))
    const asked = { scope: chosen(scopes, scope) ?? 'fleet', mode, by: 'ann' }
    await this.pair.both(`engage ${JSON.stringify(asked)}`, async ({ ledger }) => {
      const { epoch, at } = await ledger.engage(asked)
      return { epoch, at }
    })
  }

  async release({ pick }: Of<'release'>): Promise<void> {
    const engaged = (await this.ledger.switches()).filter((row) => row.engaged)
    const scope = chosen(engaged, pick)?.scope ?? 'fleet'
    await this.pair.both(`release ${scope}`, ({ ledger }) => ledger.release({ scope, by: 'bob', jitterMs: 0 }))
  }

  async sweep(): Promise<void> {
    await this.pair.both('sweep', ({ ledger }) => ledger.sweepSwitched({ limit: 1_000 }))
  }

  async notices(): Promise<void> {
    const told = await this.pair.both('notices', async ({ ledger }) =>
      (await ledger.notices({ limit: 1_000, retryAfterMs: 4_000 })).map(({ id: _, body: _body, ...rest }) => rest),
    )
    this.codes.add(`notices ${Math.min(1, told.length)}`)
  }

  async ceiling({ tenant, per, limit }: Of<'ceiling'>): Promise<void> {
    const row = { scope: `tenant:${this.tenants[tenant % 2]}`, meter: 'usd', per, limit, by: 'ann' }
    await this.pair.both(`ceiling ${JSON.stringify(row)}`, ({ ledger }) => ledger.setCeiling(row))
  }

  async answer({ pick, decision, args, by, changes }: Of<'answer'>): Promise<void> {
    const asked = (await Promise.all(this.runIds.map((runId) => this.ledger.escalations({ runId })))).flat()
    const row = chosen(asked, pick)
    const shown = args === 'none' ? {} : { args: args === 'shown' ? (row?.args ?? '') : 'others' }
    const fitting = {
      approval: 'approve',
      doubt: pick % 2 === 0 ? 'happened' : 'not_happened',
      question: 'answer',
    } as const
    const says = {
      id: row?.id ?? 'none',
      decision: decision ?? fitting[row?.kind ?? 'approval'],
      by,
      note: 'so',
      ...(changes && pick % 3 === 0 && { result: `{"by":"${by}"}` }),
      ...shown,
    }
    const said = await this.pair.both(`answer ${JSON.stringify(says)}`, ({ ledger }) => ledger.answer(says))
    this.codes.add(`answer ${said.missing === undefined ? said.code : 'missing'}`)
  }

  async wake({ run }: Of<'wake' | 'erase'>): Promise<void> {
    await this.pair.both(`wake ${run}`, ({ ledger }) => ledger.wake({ runId: this.runId(run) }))
  }

  async erase({ run }: Of<'wake' | 'erase'>): Promise<void> {
    await this.pair.both(`erase ${run}`, ({ ledger }) => ledger.erase({ runId: this.runId(run) }))
  }

  async breaker({ key, how, seen }: Of<'breaker'>): Promise<void> {
    const named = { key: breakerOf(this.mark, key) }
    const row = (await this.ledger.breakers.list()).find((one) => one.key === named.key)
    const revision = Math.max(0, (row?.revision ?? 0) - (seen === 'stale' ? 1 : 0))
    const decided = { coolDownMs: 1_250, probesMost: 2, opened: 1, reason: 'so' }
    const { code } = await this.pair.both(
      `breaker ${JSON.stringify({ ...named, how, revision })}`,
      async ({ ledger }) => {
        if (how === 'isolate') return ledger.breakers.isolate({ ...named, by: 'ann' })
        if (how === 'release') return ledger.breakers.release({ ...named, by: 'bob', jitterMs: 0 })
        return ledger.breakers.move({ ...named, revision, to: how, ...decided })
      },
    )
    this.codes.add(`breaker ${how} ${code}`)
  }

  async pass({ ms }: Of<'pass'>): Promise<void> {
    this.now += ms
    await this.pair.both(`pass ${ms}`, async (side) => {
      await side.setClock(this.now)
      return side.ledger.now()
    })
  }
}
