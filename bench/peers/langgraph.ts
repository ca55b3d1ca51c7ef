import { randomUUID } from 'node:crypto'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import type { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import { Beat } from '../beat.js'
import type { Contender, Setting } from '../contender.js'
import type { Scene, Survivor } from '../crash/survivor.js'
import { inLanes } from '../lanes.js'
import { nextResult, type Result } from '../result.js'
import type { Tally } from '../tally.js'
import { savedIn } from './langgraph-saver.js'

/** A step's results gather in the state, as messages do in an agent's. */
const State = Annotation.Root({
  run: Annotation<string>(),
  steps: Annotation<number>(),
  results: Annotation<Result[]>({ reducer: (all, more) => [...all, ...more], default: () => [] }),
})

type Act = (run: string, step: number) => Result | null

/** One node that runs as often as there are steps; null: the run leaves off. */
function graphOf(saver: PostgresSaver, act: Act, isOver: () => boolean) {
  return new StateGraph(State)
    .addNode('step', ({ run, results }) => {
      const result = act(run, results.length)
      return { results: result === null ? [] : [result] }
    })
    .addEdge(START, 'step')
    .addConditionalEdges('step', ({ steps, results }) => (results.length < steps && !isOver() ? 'step' : END))
    .compile({ checkpointer: saver })
}

/**
 * `sync` of "Durable execution": each step is written down before the next one starts, as with everybody else here.
 * The peer's own word names the place where a run is kept.
 */
const placeOf = (run: string, steps: number) => ({
  configurable: Object.fromEntries([['thread_id', run]]),
  recursionLimit: steps + 5,
  durability: 'sync' as const,
})

export async function open({ url }: Setting): Promise<Contender> {
  const saver = await savedIn(url)
  const beats = new Map<string, Beat>()
  let tally: Tally | null = null
  const act: Act = (run) => {
    beats.get(run)?.strike()
    return nextResult()
  }
  const graph = graphOf(saver, act, () => tally?.over === true)
  return {
    ...inLanes(async (steps, counted) => {
      tally = counted
      const run = randomUUID()
      const beat = new Beat(counted)
      beats.set(run, beat)
      await graph.invoke({ run, steps }, placeOf(run, steps))
      beat.strike()
      beats.delete(run)
    }),
    close: () => saver.end(),
  }
}

/** "Durable execution": nobody goes on by himself; whoever calls it again, without input, has it go on from its last checkpoint. */
export async function survive({ url, effect }: Scene): Promise<Survivor> {
  const saver = await savedIn(url)
  const graph = graphOf(saver, effect, () => false)
  return {
    begin: async (run, steps) => {
      await graph.invoke({ run, steps }, placeOf(run, steps))
    },
    goOn: async (run, steps) => {
      await graph.invoke(null, placeOf(run, steps))
      return 'ended'
    },
    close: () => saver.end(),
  }
}
