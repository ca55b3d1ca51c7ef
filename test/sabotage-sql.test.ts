import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Scene } from '../src/testing/conformance/scene.js'
import { Arena } from './isolation/arena.js'
import { BROKEN } from './sabotage/broken.js'
import { CHECKS, type Check, type CheckName } from './sabotage/checks.js'
import { breakIt } from './sabotage/sabotage.js'

async function play(arena: Arena, name: CheckName): Promise<void> {
  const scene = new Scene(arena.fixture)
  const check: Check = CHECKS[name]
  try {
    await check(scene, arena)
  } finally {
    await scene.leave()
  }
}

describe('the ledger as it is', () => {
  let arena: Arena
  beforeAll(async () => {
    arena = await Arena.open()
  })
  afterAll(() => arena.fixture.close())

  it.each(Object.keys(CHECKS) as CheckName[])('%s', (name) => play(arena, name))
})

it('every check has a sabotage that it notices', () => {
  expect(new Set(BROKEN.map(({ noticedBy }) => noticedBy))).toEqual(new Set(Object.keys(CHECKS)))
})

it.each(BROKEN)('sabotage: $what — noticed by: $noticedBy', async (broken) => {
  const arena = await Arena.open((client) => breakIt(client, broken))
  try {
    // An expectation that did not hold, rather than a database that no longer works at all.
    await expect(play(arena, broken.noticedBy)).rejects.toMatchObject({ name: 'AssertionError' })
  } finally {
    await arena.fixture.close()
  }
})
