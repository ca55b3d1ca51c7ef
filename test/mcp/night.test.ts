import { expect, it } from 'vitest'
import { McpNight } from './night.js'

it('servers and a worker that are killed while they work do nothing twice, and leave nothing behind', async () => {
  const night = await McpNight.open(['memory', 'bell-once'])
  try {
    const { killedServers, killedWorkers, reached, ...result } = await night.play(1, 3, () => 0.5)
    expect(result).toMatchObject({
      outcomes: { completed: 2 },
      unfinished: [],
      twice: [],
      missing: [],
      orphans: [],
      violations: [],
    })
    expect(killedServers + killedWorkers).toBeGreaterThan(1)
    expect(reached).toBeGreaterThan(5)
  } finally {
    await night.close()
  }
}, 120_000)
