import { LIMITS } from '../core/limits.js'
import { anyJson } from '../tools/any-json.js'
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
  return {
    name,
    description: '',
    effect: 'read',
    input: anyJson,
    output: null,
    jsonSchema: {},
    timeoutMs: LIMITS.tool_timeout_ms,
    settlesMs: 0,
    lane: null,
    attempts: 3,
    keyRememberedMs: 0,
    concurrent: false,
    repeat: null,
    isolate: 'none',
    module: null,
    people: 1,
    key: null,
    undoes: null,
    locks: null,
    meters: {},
    check: null,
    execute,
  }
}
