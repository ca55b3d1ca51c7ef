import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.js'
import { LOUD, overtaken } from './scene.js'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

// Counts alone: how long each waited is for `npm run prove -- fairness`, on a machine of its own.
it('a tenant with a hundred times the load keeps nobody waiting behind its backlog, and is told when it is too much', async () => {
  const { ended, refused, violations } = await overtaken(database.url, { loud: 120, each: 2, bound: 100 })
  expect(refused).toBe(20)
  // By turns over ten tenants: while eighteen runs of the others were worked, the loud one had its places and its turns.
  expect(ended[LOUD] ?? 0).toBeLessThan(60)
  expect(violations).toEqual([])
})
