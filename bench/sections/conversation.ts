import { CONTEXT_TOKENS, type SessionTalker, sessionTalker } from '../contenders/conversation.js'
import { MESSAGES, Pulse, STEPS, type Talker } from '../conversation.js'
import { median, short } from '../numbers.js'
import { type Row, rowOf } from '../row.js'
import type { Section, Stage } from '../section.js'
import { bytesStoredIn } from '../stored.js'
import { firstLine } from './peers.js'

interface Held {
  /** The last tenth's median step over the first's. */
  readonly growth: number
  readonly firstMs: number
  readonly lastMs: number
  /** Bytes a step, in the first half of the conversation and in the second. */
  readonly bytes: readonly [number, number]
  /** From the message to the first model call, of somebody who has not held the conversation before. */
  readonly resumeMs: number
  readonly context: number | null
}

/** A session of some 2,000 steps with results of 600 bytes, and the same conversation by a peer. */
export const conversationSection: Section = {
  name: 'conversation',
  seconds: ({ windowMs }) => (windowMs < 1_000 ? 6 : 30),
  async run(stage) {
    const ours = await hold(stage, 'governed', sessionTalker)
    return [...rowsOf('Midwatch', ours, true), ...(await theirRows(stage))]
  },
}

async function theirRows(stage: Stage): Promise<Row[]> {
  try {
    const { langGraphTalker } = await import(new URL('../peers/langgraph-talker.ts', import.meta.url).href)
    return rowsOf('LangGraph.js', await hold(stage, 'langgraph', langGraphTalker), false)
  } catch (error) {
    return [rowOf({ what: 'LangGraph.js, a conversation', figure: `could not be held: ${firstLine(error)}` })]
  }
}

type Open = (url: string, pulse: Pulse) => Promise<Talker>

async function hold({ server, options, say }: Stage, name: string, open: Open): Promise<Held> {
  const url = await server.database(`bench_conversation_${name}`)
  const messages = options.windowMs < 1_000 ? 4 : MESSAGES
  const pulse = new Pulse()
  const sizes = [0]
  const first = await open(url, pulse)
  let context: number | null = null
  try {
    for (let no = 1; no <= messages; no += 1) {
      pulse.rest()
      await first.message(no)
      if (no === 1 || no === messages / 2 || no === messages) sizes.push(await bytesStoredIn(url))
    }
    context = 'peakContext' in first ? await (first as SessionTalker).peakContext() : null
  } finally {
    await first.close()
  }
  const { stepMs } = pulse
  const tenth = Math.floor(stepMs.length / 10)
  const [firstMs, lastMs] = [median(stepMs.slice(0, tenth)), median(stepMs.slice(-tenth))]
  const [, start = 0, half = 0, end = 0] = sizes
  const perMessage = STEPS / MESSAGES
  const held = {
    growth: lastMs / firstMs,
    firstMs,
    lastMs,
    bytes: [(half - start) / (perMessage * (messages / 2 - 1)), (end - half) / (perMessage * (messages / 2))] as const,
    resumeMs: await resumed(url, open, messages + 1),
    context,
  }
  say(`${name}: ${short(firstMs)} → ${short(lastMs)} ms a step, ${short(held.bytes[1])} bytes a step at last`)
  return held
}

/** Somebody new goes on with the next message. */
async function resumed(url: string, open: Open, no: number): Promise<number> {
  const pulse = new Pulse()
  const talker = await open(url, pulse)
  try {
    const from = performance.now()
    await talker.message(no)
    return (pulse.firstAt ?? Number.NaN) - from
  } finally {
    await talker.close()
  }
}

function rowsOf(who: string, held: Held, isOurs: boolean): Row[] {
  const { growth, firstMs, lastMs, bytes, resumeMs, context } = held
  const kb = (value: number) => `${short(value / 1_000)} KB`
  const grows = bytes[1] / bytes[0]
  const talk = `a conversation of ${STEPS} steps`
  return [
    rowOf({
      what: `${who}, ${talk}: its last tenth`,
      figure: `${short(firstMs)} → ${short(lastMs)} ms a step`,
      ratio: `${short(growth)} × its first tenth`,
      targets: isOurs ? [{ text: '≤ 1.15', met: growth <= 1.15, quiet: false }] : [],
    }),
    rowOf({
      what: `${who}, ${talk}: stored a step, first half → second`,
      figure: `${kb(bytes[0])} → ${kb(bytes[1])}`,
      ratio: `${short(grows)} × its first half`,
      targets: isOurs ? [{ text: 'linear (≤ 1.15)', met: grows <= 1.15, quiet: false }] : [],
    }),
    ...(context === null
      ? []
      : [
          rowOf({
            what: `${who}, ${talk}: largest context`,
            figure: `${context} tokens of ${CONTEXT_TOKENS}`,
            targets: [{ text: 'never above its ceiling', met: context <= CONTEXT_TOKENS, quiet: false }],
          }),
        ]),
    rowOf({
      what: `${who}, ${talk}: resumed by somebody new, to the next model call`,
      figure: `${short(resumeMs)} ms`,
      targets: isOurs ? [{ text: '≤ 600 ms', met: resumeMs <= 600, quiet: true }] : [],
    }),
  ]
}
