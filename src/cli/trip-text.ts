import type { Trip } from '../core/drift.js'
import type { EpochMs } from '../core/time.js'
import { amount, fromNow } from './words.js'

/** What a tripwire did, when, by what, and who released it. */
export function tripText({ wire, agent, act, at, evidence, releasedAt, releasedBy }: Trip, now: EpochMs): string {
  const did =
    act.kind === 'ceilings'
      ? `set ${act.limits.map(({ meter, per, limit }) => `${meter} ${amount(meter, limit)} per ${per}`).join(', ')} on agent:${agent}`
      : act.kind === 'tell'
        ? 'told'
        : `engaged ${act.kind} on agent:${agent}`
  const over = releasedAt === null ? '' : `, released by ${releasedBy} ${fromNow(releasedAt, now)}`
  return `TRIPWIRE ${wire} of ${agent} ${did} ${fromNow(at, now)}${over}: ${evidence}`
}
