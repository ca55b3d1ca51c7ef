import { Activation } from './activation.js'
import type { MapBody } from './map-bodies.js'

/**
 * What the map does with the item that this run is: known where the run that maps is worked or was replayed, else found by
 * replaying its journal, which performs nothing. null where the code, as it is now, does not come to that map.
 */
export async function bodyOf(run: Activation, start: (run: Activation) => Promise<unknown>): Promise<MapBody | null> {
  const { definition, engine, kin } = run
  const { parent } = run.run
  if (parent === null || kin.item === undefined) return null
  const { runId } = parent
  return engine.bodies.find(runId, kin.item.step, async () => {
    const row = await engine.ledger.run({ runId })
    if (row === null) return
    const replay = await Activation.replay(engine, definition, row)
    const over = replay.over()
    replay.work(() => start(replay))
    await over
  })
}
