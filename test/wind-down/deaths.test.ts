import { expect, it } from 'vitest'
import { DEATHS, windDownNight } from './night.js'

it('a worker killed while it winds a run down is followed by one that takes back the rest, each once and in order', async () => {
  expect(await windDownNight(DEATHS)).toEqual([])
}, 60_000)
