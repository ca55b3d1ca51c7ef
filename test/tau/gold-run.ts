import type { Midwatch } from '../../src/runtime.js'
import { callText } from './execution-journal.js'
import type { Gold, Task } from './outside-data.js'
import type { RetailDesk } from './retail-desk.js'

export interface GoldTask {
  readonly task: Task
  readonly gold: Gold
}

/** How a task's gold actions fared through the runtime. */
export interface Played {
  readonly id: string
  readonly runId: string
  /** What is not as in the gold; empty when all is well. */
  readonly faults: readonly string[]
  readonly writes: number
  readonly refused: number
}

/** Plays tasks through the runtime, so many at once, each as a tenant of its own. */
export async function playAll(
  mw: Midwatch,
  desk: RetailDesk,
  retail: ReturnType<RetailDesk['agentFor']>,
  goldTasks: readonly GoldTask[],
  options: { readonly atOnce: number; readonly progress?: (done: number) => void },
): Promise<Played[]> {
  const played: Played[] = []
  const line = goldTasks.values()
  const lane = async () => {
    for (const { task, gold } of line) {
      const run = await mw.start(retail, { input: { task: task.id }, key: task.id, tenant: `shop-${task.id}` })
      const { status } = await run.outcome()
      played.push(judge(desk, task, gold, run.id, status))
      options.progress?.(played.length)
    }
  }
  await Promise.all(Array.from({ length: options.atOnce }, lane))
  return played
}

/** The execution journal must be the multiset of gold writes, refused ones included, *and* the state the gold state. */
export function judge(desk: RetailDesk, task: Task, gold: Gold, runId: string, status: string): Played {
  const executions = desk.witness.of(runId)
  const did = executions.map((one) => callText(one, one.refused)).sort()
  const wanted = gold.steps
    .filter(({ kind }) => kind === 'write')
    .map(({ i, tool, error }) =>
      callText({ tool, args: task.gold_actions[i]?.args ?? {} }, error?.replace(/^Error: /, '') ?? null),
    )
    .sort()
  const faults: string[] = []
  if (status !== 'completed') faults.push(`ended ${status}`)
  if (did.join('\n') !== wanted.join('\n')) faults.push(`did ${did.join('; ')} instead of ${wanted.join('; ')}`)
  if (desk.shopOf(runId).stateHash() !== gold.final_state) faults.push('another final state')
  const refused = executions.filter((one) => one.refused !== null).length
  return { id: task.id, runId, faults, writes: executions.length - refused, refused }
}
