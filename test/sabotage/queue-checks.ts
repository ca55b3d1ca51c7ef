import { expect } from 'vitest'
import type { Scene } from '../../src/testing/conformance/scene.js'
import type { Arena } from '../isolation/arena.js'

const bounded = (scene: Scene, max: number) =>
  scene.ledger.queues.setBound({ scope: `queue:${scene.queue}`, max, by: 'ann' })

/** What bounds on queues promise. */
export const QUEUE_CHECKS = {
  'of two starts at once one takes the last place': async (scene: Scene, arena: Arena) => {
    await bounded(scene, 2)
    await scene.admit()
    const { first, second } = await arena.duel(
      (ledger) => ledger.admit(scene.admission()),
      (ledger) => ledger.admit(scene.admission({ tenant: `${scene.tenant}-2` })),
    )
    expect([first.code, second.code]).toEqual(['ok', 'overloaded'])
  },
  'what is just being claimed is not shed, and is not waited for': async (scene: Scene, arena: Arena) => {
    await bounded(scene, 1)
    const low = await scene.admit({ priority: 'low' })
    const workerId = await scene.worker()
    const { second, waited } = await arena.duel(
      (ledger) => ledger.claim({ workerId, limit: 1, runId: low }),
      (ledger) => ledger.admit(scene.admission({ priority: 'high' })),
    )
    expect([second.code, waited]).toEqual(['overloaded', false])
  },
}
