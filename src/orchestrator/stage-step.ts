import type { JsonValue } from '../core/json.js'
import type { Stage } from '../govern/stages.js'
import type { Activation } from './activation.js'
import type { Branch } from './branch.js'
import { digestOf } from './proposal.js'
import { completed } from './result.js'
import type { MoveDetail } from './stage-track.js'

/** Moves a run to another stage: a step of its own, written down before any call is made there. */
export async function moveTo(branch: Branch, from: Stage, to: string): Promise<void> {
  const { run } = branch
  await branch.step('stage', digestOf([from.name, to]), async (record) => {
    const detail: MoveDetail = { from: from.name, to, used: await usedSoFar(run) }
    const final = completed({ stage: to })
    await run.book.note({
      about: 'stage',
      step: record.id,
      args: record.args ?? '',
      final,
      detail: detail as unknown as JsonValue,
    })
    return final
  })
}

/** From the run's row: what runs below it spent is counted there alone. */
async function usedSoFar(run: Activation): Promise<MoveDetail['used']> {
  const stages = [...(run.definition.policy.stages?.values() ?? [])]
  const metered = new Set(stages.flatMap(({ ceilings }) => ceilings.map(({ meter }) => meter)))
  if (metered.size === 0) return {}
  await run.book.writer.flushed()
  const row = await run.engine.ledger.run({ runId: run.run.runId })
  return Object.fromEntries([...metered].sort().map((meter) => [meter, row?.meters[meter]?.used ?? 0]))
}
