import { agentsAmong } from './agent-tool.js'
import type { Definition } from './definition.js'

/** What is served along with a definition: agents among its tools, and the flow that scores its runs. */
export function servedAlong({ tools, companion }: Definition): Definition[] {
  return [...agentsAmong(tools.values()), ...(companion === null ? [] : [companion])]
}
