import { expect } from 'vitest'
import { aboveCharge, childOf, heldChild } from '../../src/testing/conformance/children.js'
import type { Scene } from '../../src/testing/conformance/scene.js'
import { type Arena, apply } from '../isolation/arena.js'

/** What is true of runs below runs. */
export const TREE_CHECKS = {
  'a parent that parks while its child ends is due at once': async (scene: Scene, arena: Arena) => {
    const parent = await scene.held()
    const child = await heldChild(scene, parent)
    await arena.duel(apply(child.end()), apply(parent.park({ dueInMs: 600_000 })))
    expect((await scene.run(parent.runId)).dueAt).toBe(await scene.ledger.now())
  },
  'a parent that waits is woken by the end of its child': async (scene: Scene) => {
    const parent = await scene.held()
    const child = await heldChild(scene, parent)
    await parent.must(parent.park({ dueInMs: 600_000 }))
    await child.must(child.end())
    expect((await scene.run(parent.runId)).dueAt).toBe(await scene.ledger.now())
  },
  'a ceiling above counts what children have reserved': async (scene: Scene, arena: Arena) => {
    const root = await scene.held()
    const [one, two] = [await heldChild(scene, root), await heldChild(scene, root)]
    const charges = [aboveCharge(root.runId, 6, 10)]
    const { second } = await arena.duel(apply(one.begin({ charges })), apply(two.begin({ charges })))
    expect(second.code).toBe('ceiling')
  },
  'what a child does not use is given back above': async (scene: Scene) => {
    const root = await scene.held()
    const child = await heldChild(scene, root)
    const ref = await child.must(child.begin({ charges: [aboveCharge(root.runId, 6, 10)] }))
    await child.must(child.settle(ref, { used: [2] }))
    expect((await scene.run(root.runId)).meters.usd).toEqual({ used: 2, reserved: 0 })
  },
  'the end of one in a group makes the next due': async (scene: Scene) => {
    const parent = await scene.held()
    const admit = (no: number) => scene.admit({ ...childOf(parent, 'map'), group: { atOnce: 1, no } })
    const [one, two] = [await admit(1), await admit(2)]
    const hand = await scene.claim(await scene.worker(), one)
    await hand.must(hand.end())
    expect((await scene.run(two)).dueAt).toBe(await scene.ledger.now())
  },
  'nothing begins below a run that has just ended': async (scene: Scene, arena: Arena) => {
    const parent = await scene.held()
    const child = await heldChild(scene, parent)
    const { second } = await arena.duel(apply(parent.end()), apply(child.begin()))
    expect(second.code).toBe('switched')
  },
  'a kill of a run above covers what is below it': async (scene: Scene) => {
    const parent = await scene.held()
    const child = await heldChild(scene, parent)
    await scene.ledger.engage({ scope: `run:${parent.runId}`, mode: 'end', by: 'ann' })
    expect((await child.put(child.begin())).code).toBe('switched')
  },
  'a run that has just ended gets no child': async (scene: Scene, arena: Arena) => {
    const parent = await scene.held()
    const { second } = await arena.duel(apply(parent.end()), (ledger) => ledger.admit(scene.admission(childOf(parent))))
    expect(second.code).toBe('fenced')
  },
} as const
