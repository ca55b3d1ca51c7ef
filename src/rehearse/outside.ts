import type { Outside } from '../orchestrator/engine.js'
import { HostileModels } from './models/hostile-models.js'
import type { Surroundings } from './surroundings.js'
import { HostileTools } from './tools/hostile-tools.js'

/** What lies outside in one case: the tools, their checks and the models, each with its faults. It outlives every worker. */
export function hostileOutside(s: Surroundings): Outside {
  const tools = new HostileTools(s)
  const models = new HostileModels(s)
  return {
    execute: (spec, input, call) => tools.execute(spec, input, call),
    check: (spec, input, call) => tools.check(spec, input, call),
    model: (port, runId) => models.port(port, runId),
  }
}
