import { anyJson } from '../tools/any-json.js'
import { PLAIN_READ } from '../tools/plain-read.js'
import type { Call, ToolSpec } from '../tools/tool.js'
import type { Activation } from './activation.js'
import { attemptLoop } from './attempt.js'
import type { StepRecord } from './journal.js'
import type { StepResult } from './result.js'

/** `ctx.read`: a governed read without a tool of its own. It has a tool's attempts, timeout and ceilings. */
export function readStep(
  run: Activation,
  record: StepRecord,
  name: string,
  read: (call: Call) => Promise<unknown>,
): Promise<StepResult> {
  const proposal = {
    id: record.id,
    spec: readSpec(name, (_input, call) => read(call)),
    wire: null,
    input: null,
    args: '',
    rule: null,
    onBreach: () => 'end' as const,
    perStep: true,
  }
  return attemptLoop(run, record, proposal, null)
}

/** A read that no definition names: what it is given is taken as it is. */
export function readSpec(name: string, execute: ToolSpec['execute']): ToolSpec {
  return { ...PLAIN_READ, name, description: '', input: anyJson, jsonSchema: {}, attempts: 3, execute }
}
