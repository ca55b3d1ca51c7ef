import type { JsonValue } from '../../core/json.js'
import { toJson } from '../../core/json.js'
import type { Breach } from '../../govern/breach.js'
import { breachFor } from '../../govern/breach.js'
import type { Branch } from '../../orchestrator/branch.js'
import { changeIn } from '../../orchestrator/changed.js'
import type { Definition } from '../../orchestrator/definition.js'
import { digestOf } from '../../orchestrator/proposal.js'
import type { StepResult } from '../../orchestrator/result.js'
import { endOnStrikes } from '../../orchestrator/strike.js'
import { toolStep } from '../../orchestrator/tool-step.js'
import { noRoomText } from '../../tools/meter.js'
import type { Call, ToolSpec } from '../../tools/tool.js'
import { callOnce } from './brought-tool.js'
import { type Ask, endsRun } from './seat.js'
import { CallRefused } from './told.js'

/** One call of a brought tool: what it is given, and what it does with it. */
export interface ToolCall {
  readonly name: string
  readonly input: unknown
  execute(call: Call): Promise<unknown>
}

/** A brought tool's call as a governed step: judged, begun, performed, settled; its doubts are cleared as any tool's. */
export function toolAsk(definition: Definition, spec: ToolSpec, { name, input, execute }: ToolCall): Ask<unknown> {
  const wire = toJson(input ?? null) as JsonValue
  const args = digestOf(wire)
  const { rules, onBreach: set } = definition.policy
  const onBreach = (meter: string): Breach => breachFor(set, meter, spec.meters)
  return {
    name: `${name}~${args.slice(0, 12)}`,
    args,
    perform: (branch, record) =>
      toolStep(branch.run, record, {
        id: record.id,
        spec: callOnce(spec, execute),
        wire,
        input,
        args,
        rule: rules[name] ?? null,
        onBreach,
        perStep: false,
      }),
    read: (branch, result, step) => {
      tellChange(branch, name, result, step)
      return toldOf(branch, name, result, onBreach)
    },
  }
}

/** A person gave other arguments: it is the loop's model that calls, so it is told, and has to propose them itself. */
function tellChange(branch: Branch, name: string, result: StepResult, step: string): void {
  const change = changeIn(branch.run.journal.step(step), result)
  if (change === null) return
  const { by, input } = change
  throw new CallRefused(
    'changed',
    `${by} wants other arguments: ${JSON.stringify(input)}. Nothing was done; call ${name} with those.`,
  )
}

/** The tool's output; what was not done is thrown, for its loop to show to the model, unless it ends the run. */
async function toldOf(
  branch: Branch,
  name: string,
  result: StepResult,
  onBreach: (meter: string) => Breach,
): Promise<unknown> {
  switch (result.status) {
    case 'completed':
      return result.output
    case 'refused':
      await endOnStrikes(branch)
      throw new CallRefused(result.reason, `Refused (${result.reason}, ${result.rule}): ${result.say}`)
    case 'failed': {
      const why = result.message ? `${result.code}, ${result.message}` : result.code
      throw new CallRefused(result.code, `${name} failed: ${why}. It did not take effect.`)
    }
    case 'exhausted': {
      if (onBreach(result.meter) !== 'tell') return endsRun(branch.run, result)
      throw new CallRefused(result.meter, noRoomText(result))
    }
    case 'handed_over':
      return endsRun(branch.run, result)
  }
}
