import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { Op } from '../../src/core/ops.js'
import type { Hand } from '../../src/testing/conformance/hand.js'
import { question } from '../../src/testing/conformance/hand.js'
import { Scene } from '../../src/testing/conformance/scene.js'
import { Arena } from './arena.js'

/** What one test plays on: a scene of its own in an arena that the file shares. */
export interface Stage {
  arena: Arena
  scene: Scene
}

/** Opens an arena for this file; afterwards all that was written must hold to the invariants. */
export function stage(): Stage {
  const on = {} as Stage
  beforeAll(async () => {
    on.arena = await Arena.open()
  })
  beforeEach(() => {
    on.scene = new Scene(on.arena.fixture)
  })
  afterEach(() => on.scene.leave())
  afterAll(async () => {
    const violations = await on.arena.violations()
    await on.arena.fixture.close()
    expect(violations).toEqual([])
  })
  return on
}

/** The same op as the one that comes after it would be: for what a holder sends on a second connection meanwhile. */
export function after<O extends Op>(op: O): O {
  return { ...op, seq: op.seq + 1 }
}

/** A run that has asked a person `id` and is in somebody's hands again, its question still open. */
export async function asking(scene: Scene, id: string): Promise<Hand> {
  const hand = await scene.held()
  await hand.must(hand.park({ dueInMs: 0, escalations: [question(id)] }))
  return scene.claim(await scene.worker(), hand.runId)
}

/** How many entries of each kind a journal has. */
export async function kindsOf(scene: Scene, runId: string): Promise<string[]> {
  return (await scene.ledger.journal({ runId })).map((entry) => entry.kind)
}
