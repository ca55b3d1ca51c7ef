import type { JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import type { Outcome } from '../core/states.js'

const MARK = 'switch:'

/** How a run ends that a switch on this scope covers. */
export async function killedBy(ledger: Pick<Ledger, 'switches'>, scope: string): Promise<Outcome<JsonValue>> {
  const engaged = await ledger.switches()
  return { status: 'killed', scope, by: engaged.find((s) => s.scope === scope)?.by ?? 'operator' }
}

/** How a run that a kill switch holds names what it waits for. */
export function waitsForSwitch(scope: string): string {
  return `${MARK}${scope}`
}

/**
 * A release that committed between the refusal of a begin and the park found nobody to wake: so whoever parked on a switch
 * looks at it once more, and wakes the run when it is gone. The run's next look is the net beneath.
 */
export async function wakeIfReleased(ledger: Ledger, runId: string, waits: string): Promise<void> {
  const scopes = waits.split(', ').flatMap((w) => (w.startsWith(MARK) ? [w.slice(MARK.length)] : []))
  if (scopes.length === 0) return
  try {
    const engaged = new Set((await ledger.switches()).filter((s) => s.engaged).map((s) => s.scope))
    if (scopes.some((scope) => !engaged.has(scope))) await ledger.wake({ runId })
  } catch {
    // The ledger is away for a moment: the run looks again by itself.
  }
}
