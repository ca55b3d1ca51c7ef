import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Caller, ROLES, type Role } from '../src/core/access.js'
import { argsDigest, sha256 } from '../src/core/digest.js'
import type { Entry } from '../src/core/entries.js'
import type { RunRow } from '../src/core/run-row.js'
import { escalate } from '../src/govern/verdict.js'
import { agent } from '../src/orchestrator/agent.js'
import { asTool } from '../src/orchestrator/agent-tool.js'
import type { Definition } from '../src/orchestrator/definition.js'
import { flow } from '../src/orchestrator/flow.js'
import { outcomeOfEnded, viewOf } from '../src/runtime/operator.js'
import { Redaction } from '../src/runtime/redact/redaction.js'
import { fault } from '../src/tools/fault.js'
import { tool } from '../src/tools/tool.js'
import { escalated } from './runtime-on.js'
import { model, says } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const CANARY = 'canary-4711'
const PUBLIC = 'Lisbon'
/** Where the canary shows, with what stands before it. */
const leaks = (shown: unknown): string[] => JSON.stringify(shown).match(/.{0,80}canary-4711/g) ?? []
const secret = z.string().meta({ private: true })
const caller = (role: Role): Caller => ({ principal: 'token:x', role, tenants: null, tokenId: null })
const [viewer, operator, approver, admin] = ROLES.map(caller) as [Caller, Caller, Caller, Caller]

const lookUp = tool({
  name: 'look_up',
  description: 'Look somebody up.',
  input: z.object({ ssn: secret, city: z.string() }),
  output: z.object({ name: secret, city: z.string() }),
  effect: 'read',
  attempts: 1,
  execute: async ({ ssn, city }) => {
    if (city === 'nowhere') throw fault.permanent(`nobody is ${ssn}`)
    return { name: CANARY, city }
  },
})
/** No schema of what it gives. */
const note = tool({
  name: 'note',
  description: 'Note something.',
  input: z.object({ ssn: secret }),
  effect: 'keyed',
  keyRemembered: '1h',
  key: ({ ssn }) => ssn,
  locks: ({ ssn }) => `person:${ssn}`,
  execute: async ({ ssn }) => ({ noted: ssn }),
})
const pay = tool({
  name: 'pay',
  description: 'Pay somebody.',
  input: z.object({ iban: secret, city: z.string() }),
  effect: 'once',
  isolate: 'none',
  execute: async ({ iban }) => {
    throw new Error(`connection reset while paying ${iban}`)
  },
})

const proposals = [
  says('look_up', { ssn: CANARY, city: PUBLIC }, `I look ${CANARY} up.`),
  says('look_up', { ssn: CANARY, city: 'nowhere' }),
  // Not as it was asked: by a field, a form and a name of the model's own making.
  says('look_up', { ssn: CANARY, city: PUBLIC, [`also-${CANARY}`]: CANARY }),
  says('look_up', { city: { of: CANARY } }),
  says('look_up', JSON.stringify({ ssn: CANARY })),
  says(`find_${CANARY}`, { who: CANARY }),
  says('note', { ssn: CANARY }),
  says('pay', { iban: CANARY, city: PUBLIC }, `As ${CANARY} wishes.`),
]
const completes = says('complete', { resolution: CANARY, city: PUBLIC }, `${CANARY} is done.`)

describe('the journal of an agent with private fields', () => {
  const on = stage('memory')

  const clerkOf = (last: ReturnType<typeof says>) =>
    agent({
      ...{ name: on.name('clerk'), version: 1, model: model([...proposals, last]) },
      input: z.object({ ssn: secret, city: z.string() }),
      outcome: z.object({ resolution: secret, city: z.string() }),
      instructions: 'Serve.',
      session: {
        state: z.object({ last: secret }),
        version: 1,
        initial: { last: '' },
        evolve: (_, { input }) => ({ last: input.ssn }),
      },
      tools: [lookUp, note, pay],
      rules: { pay: () => escalate({ to: 'fay', within: '1h', otherwise: 'refuse' }) },
    })

  async function worked(last = completes) {
    const clerk = clerkOf(last)
    const mw = await on.runtime({ run: [clerk] })
    const run = await mw.start(clerk, { input: { ssn: CANARY, city: PUBLIC }, session: on.name('s') })
    const approval = await escalated(mw, run.id)
    await on.ledger.answer({ id: approval, decision: 'approve', by: 'fay', note: `${CANARY} may` })
    const doubt = await escalated(mw, run.id)
    const result = JSON.stringify({ paid: CANARY })
    await on.ledger.answer({ id: doubt, decision: 'happened', by: 'fay', result })
    await run.outcome()
    return { definitions: mw.definitions, run: (await on.ledger.run({ runId: run.id })) as RunRow }
  }

  const shownTo = async (who: Caller, run: RunRow, definitions: readonly Definition[]) => {
    const redaction = new Redaction(definitions, on.ledger)
    const entries = await on.ledger.journal({ runId: run.runId })
    const session = run.session && (await on.ledger.session({ tenant: run.tenant, session: run.session }))
    return {
      entries: await Promise.all(entries.map((entry) => redaction.entryFor(who, run, entry))),
      run: redaction.runFor(who, run),
      asked: await Promise.all(
        (await on.ledger.escalations({ runId: run.runId })).map((one) => redaction.questionFor(who, one)),
      ),
      session: session && (await redaction.sessionFor(who, viewOf(session))),
      input: redaction.inputFor(who, run, { ssn: CANARY, city: PUBLIC }),
      outcome: redaction.outcomeFor(who, run, await outcomeOfEnded(on.ledger, run)),
    }
  }

  it.each([viewer, operator])('shows nothing of them to a $role, and everything else', async (who) => {
    const { run, definitions } = await worked()
    const whole = await on.ledger.journal({ runId: run.runId })
    expect(leaks(whole).length).toBeGreaterThan(20)
    const shown = await shownTo(who, run, definitions)
    expect(leaks(shown)).toEqual([])
    // What happened, and what nobody marked, is there.
    expect(shown.entries.map(({ kind, seq }) => `${seq} ${kind}`)).toEqual(
      whole.map(({ kind, seq }) => `${seq} ${kind}`),
    )
    const bodies = shown.entries.map(({ body }) => JSON.parse(body ?? '{}'))
    expect(bodies[0]).toMatchObject({ input: { ssn: '[private]', city: PUBLIC } })
    expect(bodies).toContainEqual(
      expect.objectContaining({ sort: 'tool', name: 'look_up', input: { ssn: '[private]', city: PUBLIC } }),
    )
    expect(bodies).toContainEqual(
      expect.objectContaining({ final: { status: 'completed', output: { name: '[private]', city: PUBLIC } } }),
    )
    expect(bodies.at(-1).outcome).toEqual({ status: 'completed', output: { resolution: '[private]', city: PUBLIC } })
    expect(shown.asked.map(({ kind, tool, by }) => [kind, tool, by])).toEqual([
      ['approval', 'pay', 'fay'],
      ['doubt', 'pay', 'fay'],
    ])
    expect(JSON.parse(shown.asked[0]?.show ?? '')).toMatchObject({
      tool: 'pay',
      input: { iban: '[private]', city: PUBLIC },
    })
  })

  it('gives nothing away by which a short value could be guessed: no salt, no digest', async () => {
    const { run, definitions } = await worked()
    const { entries, asked } = await shownTo(operator, run, definitions)
    const whole = await on.ledger.journal({ runId: run.runId })
    const guesses = [{ ssn: CANARY, city: PUBLIC }, { ssn: CANARY }, { iban: CANARY, city: PUBLIC }].map(argsDigest)
    const digests = [...guesses, sha256(JSON.stringify({ last: CANARY }))]
    const found = (text: string) => digests.filter((digest) => text.includes(digest))
    expect(found(JSON.stringify(whole))).toHaveLength(digests.length)
    expect(found(JSON.stringify([entries, asked]))).toEqual([])
    const changed = entries.filter(({ body }, i) => body !== whole[i]?.body)
    expect(changed.length).toBeGreaterThan(20)
    expect(changed.filter(({ salt }) => salt !== '')).toEqual([])
  })

  it('is whole for approvers and admins', async () => {
    const { run, definitions } = await worked()
    const whole = await on.ledger.journal({ runId: run.runId })
    for (const who of [approver, admin]) {
      const shown = await shownTo(who, run, definitions)
      expect(shown.entries).toEqual(whole)
      expect(shown.asked).toEqual(await on.ledger.escalations({ runId: run.runId }))
    }
  })

  it('is shown alike from any place on, by a server that joined later', async () => {
    const { run, definitions } = await worked()
    const { entries } = await shownTo(viewer, run, definitions)
    const whole = await on.ledger.journal({ runId: run.runId })
    for (const [i, entry] of whole.entries()) {
      expect(await new Redaction(definitions, on.ledger).entryFor(viewer, run, entry)).toEqual(entries[i])
    }
  })

  it('hides an entry whole whose form it does not know', async () => {
    const { run, definitions } = await worked()
    const redaction = new Redaction(definitions, on.ledger)
    const whole = await on.ledger.journal({ runId: run.runId })
    const [said] = whole.filter(({ kind, body }) => kind === 'settle' && body?.includes('toolCalls'))
    for (const body of [
      `{"final":{"status":"completed","output":{"of":"${CANARY}"}}}`,
      `["${CANARY}"]`,
      `"${CANARY}"`,
    ]) {
      const entry = { ...(said as Entry), body }
      const shown = await redaction.entryFor(viewer, run, entry)
      expect(leaks(shown)).toEqual([])
      expect(shown.salt).toBe('')
    }
  })

  it.each([
    ['refused', says('refuse', { reason: 'policy', say: `${CANARY} must not` })],
    ['handed_over', says('hand_over', { to: CANARY, note: `It is ${CANARY}` })],
  ])('that ended %s hides the words of the model, in lists too', async (status, last) => {
    const { run, definitions } = await worked(last)
    const shown = await shownTo(operator, run, definitions)
    expect(leaks(shown)).toEqual([])
    expect(shown.run.outcome).toBe(status)
    expect(JSON.parse(shown.entries.at(-1)?.body ?? '').outcome.status).toBe(status)
  })

  it('hides every value where this process does not know exactly that code', async () => {
    const { run, definitions } = await worked()
    const others: readonly Definition[][] = [[], definitions.map((one) => ({ ...one, fingerprint: 'other' }))]
    for (const known of others) {
      const shown = await shownTo(operator, run, known)
      expect(leaks(shown)).toEqual([])
      expect(JSON.stringify(shown).includes(PUBLIC)).toBe(false)
      expect(shown.entries.map(({ kind }) => kind)).toContain('settle')
    }
  })

  it('hides what a definition marks that may have gone on with it', async () => {
    const { run, definitions } = await worked()
    const [own] = definitions
    const open = z.object({ ssn: z.string(), city: z.string() })
    // As if an earlier version, without marks, were what the run is pinned to.
    const before = { ...own, input: open, outcome: null, session: null, tools: new Map() } as unknown as Definition
    const after = { ...own, version: 2, accepts: [1] } as Definition
    expect(leaks(await shownTo(viewer, run, [before, after]))).toEqual([])
    expect(leaks(await shownTo(viewer, run, [before]))).not.toEqual([])
  })
})

describe('journals beside', () => {
  const on = stage('memory')
  const input = z.object({ ssn: secret })

  const shownOf = async (runId: string, definitions: readonly Definition[], who = viewer): Promise<Entry[]> => {
    const redaction = new Redaction(definitions, on.ledger)
    const run = (await on.ledger.run({ runId })) as RunRow
    return Promise.all((await on.ledger.journal({ runId })).map((entry) => redaction.entryFor(who, run, entry)))
  }
  const expert = () =>
    agent({
      ...{ name: on.name('expert'), version: 1, model: model([says('complete', { found: CANARY, city: PUBLIC })]) },
      ...{ input, outcome: z.object({ found: secret, city: z.string() }), instructions: 'Find.', tools: [] },
    })

  it('an agent without marks is shown as it is, entry for entry', async () => {
    const open = agent({
      ...{ name: on.name('open'), version: 1, model: model([says('complete', { a: 'b' }, 'Well.')]) },
      ...{ input: z.object({ m: z.string() }), outcome: z.object({ a: z.string() }), instructions: 'Do.', tools: [] },
    })
    const mw = await on.runtime({ run: [open] })
    const run = await mw.start(open, { input: { m: 'x' } })
    await run.outcome()
    expect(await shownOf(run.id, mw.definitions)).toEqual(await on.ledger.journal({ runId: run.id }))
    const row = (await on.ledger.run({ runId: run.id })) as RunRow
    expect(new Redaction(mw.definitions, on.ledger).hearsWords(viewer, row)).toBe(true)
  })

  it('a flow shows what it declares; what a tool or a run was given that it does not declare is hidden', async () => {
    const other = expert()
    const plain = tool({
      ...{ name: 'plain', description: '', effect: 'read', input: z.object({ city: z.string() }) },
      execute: async ({ city }) => ({ city }),
    })
    const night = flow({
      ...{ name: on.name('night'), version: 1, input: z.object({ city: z.string() }), tools: [plain] },
      run: async (ctx, { city }) => {
        await ctx.tool(plain, { city })
        await ctx.tool(lookUp, { ssn: CANARY, city })
        await ctx.tool(note, { ssn: CANARY })
        await ctx.agent(other, { ssn: CANARY })
        return { city }
      },
    })
    const mw = await on.runtime({ run: [night, other] })
    const run = await mw.start(night, { input: { city: PUBLIC } })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    const entries = await shownOf(run.id, mw.definitions)
    expect(leaks(await on.ledger.journal({ runId: run.id }))).not.toEqual([])
    expect(leaks(entries)).toEqual([])
    const bodies = entries.map(({ body }) => JSON.parse(body ?? '{}'))
    expect(bodies).toContainEqual(expect.objectContaining({ name: 'plain', input: { city: PUBLIC } }))
    expect(bodies).toContainEqual(expect.objectContaining({ name: 'look_up', input: '[private]' }))
    expect(bodies.find(({ about, final }) => about === 'called' && final)?.final.output).toMatchObject({
      output: { found: '[private]', city: PUBLIC },
    })
    expect(bodies.at(-1).outcome.output).toEqual({ city: PUBLIC })
    // A run below that is not known here is hidden whole.
    const flows = mw.definitions.filter(({ kind }) => kind === 'flow')
    expect(leaks(await shownOf(run.id, flows))).toEqual([])
  })

  it('an agent that calls one with marks is guarded by them', async () => {
    const below = expert()
    const above = agent({
      ...{ name: on.name('above'), version: 1, input: z.object({ m: z.string() }) },
      model: model([
        says(below.name.replace('.', '_'), { ssn: CANARY }, `Who is ${CANARY}?`),
        says('complete', { a: 'b' }),
      ]),
      ...{ outcome: z.object({ a: z.string() }), instructions: 'Ask.', tools: [asTool(below, 'Finds.')] },
    })
    const mw = await on.runtime({ run: [above] })
    const run = await mw.start(above, { input: { m: PUBLIC } })
    expect(await run.outcome()).toMatchObject({ status: 'completed', output: { a: 'b' } })
    const shown = await shownOf(run.id, mw.definitions)
    expect(leaks(shown)).toEqual([])
    expect(JSON.stringify(shown)).toContain(PUBLIC)
    const row = (await on.ledger.run({ runId: run.id })) as RunRow
    const redaction = new Redaction(mw.definitions, on.ledger)
    expect([redaction.hearsWords(operator, row), redaction.hearsWords(approver, row)]).toEqual([false, true])
  })

  it('a secret is in no entry that anybody is given, admins among them', async () => {
    const TOKEN = 'sk-canary-zq7x'
    const login = tool({
      ...{ name: 'login', description: '', effect: 'read', input: z.object({ how: z.string() }), attempts: 1 },
      execute: async ({ how }, call) => ({ how, token: await call.secret('TOKEN') }),
    })
    const leaky = agent({
      ...{ name: on.name('leaky'), version: 1, input: z.object({ m: z.string() }), instructions: 'Log in.' },
      model: model([says('login', { how: 'a' }), says('login', { how: TOKEN }, TOKEN), says('complete', { a: TOKEN })]),
      ...{ outcome: z.object({ a: z.string() }), tools: [login] },
    })
    const mw = await on.runtime({ run: [leaky], secrets: () => TOKEN })
    const run = await mw.start(leaky, { input: { m: 'x' } })
    await run.outcome()
    for (const who of [viewer, operator, approver, admin]) {
      const text = JSON.stringify(await shownOf(run.id, mw.definitions, who))
      expect(text).not.toContain(TOKEN)
      expect(text).toContain('[secret TOKEN]')
    }
  })
})

describe('what is said of the outcome of an agent with private fields', () => {
  const on = stage('memory')

  it('is hidden where it may quote one: in the run that scores, and in the reason of the score', async () => {
    const judge = model([says('assess', { value: 0.5, why: `${CANARY} was looked up.` }, '')], 'judge')
    const clerk = agent({
      ...{ name: on.name('clerk'), version: 1, instructions: 'Look people up.', tools: [lookUp] },
      model: model([completes]),
      input: z.object({ ssn: secret }),
      outcome: z.object({ resolution: secret, city: z.string() }),
      scores: [{ name: 'helpful', by: { verifier: judge }, ask: 'Somebody was found.' }],
    })
    const mw = await on.runtime({ run: [clerk], prices: { scripted: judge.price, judge: judge.price } })
    const run = await mw.start(clerk, { input: { ssn: CANARY } })
    await run.outcome()
    const [scoring] = await on.ledger.runs({ agent: `${clerk.name}.scores` })
    if (!scoring) throw new Error('nobody scores')
    await mw.run(scoring.runId).outcome()
    const redaction = new Redaction(mw.definitions, on.ledger)
    const entries = await on.ledger.journal({ runId: scoring.runId })
    const scores = await on.ledger.scores.of({ runId: run.id })
    const row = await on.ledger.run({ runId: run.id })
    if (!row) throw new Error('no run')
    expect(leaks([entries, scores])).not.toEqual([])
    for (const who of [viewer, operator]) {
      const shown = await Promise.all(entries.map((entry) => redaction.entryFor(who, scoring, entry)))
      expect(leaks(shown)).toEqual([])
      const told = scores.map((score) => redaction.scoreFor(who, row, score))
      expect(leaks(told)).toEqual([])
      expect(told).toMatchObject([{ name: 'helpful', value: 0.5 }])
    }
    expect(leaks(scores.map((score) => redaction.scoreFor(approver, row, score)))).not.toEqual([])
  })
})
