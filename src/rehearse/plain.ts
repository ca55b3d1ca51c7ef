import type { JsonValue } from '../core/json.js'
import type { Answer, Op } from '../core/ops.js'
import type { Outside } from '../orchestrator/engine.js'
import { scriptedModel } from '../testing/scripted-model.js'
import type { StandIn } from './scenario.js'
import type { Actor, Surroundings, Witness } from './surroundings.js'
import type { Act } from './verdict.js'

/** A world in which nothing goes wrong: tools and models answer as they are. */
export function plainOutside(s: Surroundings): Outside {
  const { scenario, stage, world, witness } = s
  const standIns = scenario.tools?.(world, stage) ?? {}
  const replies = scenario.model?.(stage, world)
  const model = replies && scriptedModel({ replies, clock: s.clock })
  const standIn = (name: string): StandIn | null => {
    const found = standIns[name]
    return found === undefined || found === 'generated' ? null : found
  }
  return {
    execute: async (spec, input, call) => {
      const own = standIn(spec.name)
      const result = await (own ? own.execute(input as never, call) : spec.execute(input, call))
      const known = witness.acts.some((act) => act.tool === spec.name && act.key === call.key)
      if (spec.effect !== 'read' && !(spec.effect === 'keyed' && known)) {
        witness.record({ tool: spec.name, key: call.key, input: input as JsonValue, runId: call.runId })
      }
      return result
    },
    check: async (spec, input, call) => {
      const own = standIn(spec.name)
      if (own) return own.check?.(input as never, call) ?? { did: 'unknown' }
      return spec.check?.(input, call) ?? { did: 'unknown' }
    },
    model: (port) => model ?? port,
  }
}

export function plainWitness(): Witness {
  const acts: Act[] = []
  return { acts, record: (act) => void acts.push(act) }
}

/** A messenger, and people who approve and tell what they know. */
export function plainActors(s: Surroundings): Actor[] {
  return [messenger(s), people(s)]
}

function messenger(s: Surroundings): Actor {
  let left = s.story.messages.length
  return {
    get busy() {
      return left > 0
    },
    start: () => {
      for (const message of s.story.messages) {
        s.clock.timer(message.afterMs ?? 0, () => {
          void s.admit(message).then(() => {
            left -= 1
          })
        })
      }
    },
  }
}

function people(s: Surroundings): Actor {
  const answer = async (id: string) => {
    const [asked] = await s.ledger.escalations({ id })
    if (asked?.state !== 'open' || asked.kind === 'question') return
    const decision = asked.kind === 'approval' ? ('approve' as const) : ('happened' as const)
    const did = s.witness.acts.some((act) => act.tool === asked.tool && act.runId === asked.runId)
    await s.ledger.answer({ id, by: 'fay', decision: asked.kind === 'doubt' && !did ? 'not_happened' : decision })
  }
  return {
    wrote: (ops: readonly Op[], answers: readonly Answer[]) => {
      for (const [i, op] of ops.entries()) {
        if ((op.kind !== 'park' && op.kind !== 'audit') || answers[i]?.code !== 'ok') continue
        for (const { id, notBefore } of op.escalations ?? []) {
          s.clock.timer(Math.max(60_000, (notBefore ?? 0) - s.clock.now() + 1_000), () => void answer(id))
        }
      }
    },
  }
}
