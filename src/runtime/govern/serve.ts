import type { Startable } from '../../orchestrator/definition.js'
import { GovernHost } from './host.js'
import type { HostPorts } from './host-ports.js'
import { GovernedLoop } from './loop.js'

// biome-ignore lint/suspicious/noExplicitAny: any agent, flow or loop at all
type Any = Startable<any, any>

/** Serves the governed loops among what a runtime runs, until it is told to let go of them. */
export function serveLoops(run: readonly Any[], ports: HostPorts): () => Promise<void> {
  const loops = run.filter((one): one is GovernedLoop & Any => one instanceof GovernedLoop)
  const host = new GovernHost(ports, new Map(loops.map((loop) => [loop.definition, loop.seats])))
  for (const loop of loops) loop.serve(host)
  host.start()
  return async () => {
    for (const loop of loops) loop.leave(host)
    await host.stop()
  }
}
