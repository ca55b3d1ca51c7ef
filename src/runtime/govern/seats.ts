import type { Activation } from '../../orchestrator/activation.js'
import type { Branch } from '../../orchestrator/branch.js'
import type { Ctx } from '../../orchestrator/ctx-types.js'
import type { Seat } from './seat.js'

/** What a run waits for whose loop is nowhere to be seen. */
export const WAITS_FOR_DRIVER = 'driver'

/** The seats of one governed loop in this process, by run. */
export type Seats = Map<string, Seat>

/**
 * The flow of a governed loop: whoever drives it from outside has taken a seat. Where nobody has, its run waits: for a
 * process that starts it under its key, or for its deadline.
 */
export function driven(seats: Seats): (ctx: Ctx) => Promise<unknown> {
  return (ctx) => {
    const { run } = ctx as Branch
    const seat = seats.get(run.run.runId)
    return seat ? seat.drive(ctx as Branch) : leftAlone(run)
  }
}

function leftAlone(run: Activation): Promise<never> {
  return run.holdBack(WAITS_FOR_DRIVER, run.run.deadlineAt).then(() => new Promise(() => undefined))
}
