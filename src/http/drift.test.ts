import { afterAll, beforeAll, expect, it } from 'vitest'
import { FIRST_DAY, simulatedDays } from '../../test/drift/weeks.js'
import type { Caller } from '../core/access.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { driftIn } from '../runtime/drift/drifted.js'
import { assemble, type Midwatch } from '../runtime.js'
import { type Api, api } from './app.js'

const CALLERS: Readonly<Record<string, Caller>> = {
  eve: { principal: 'eve', role: 'viewer', tenants: null, tokenId: 'e' },
  ann: { principal: 'ann', role: 'admin', tenants: ['acme'], tokenId: 'a' },
}
const DAYS = 70
const now = FIRST_DAY + DAYS * 86_400_000
const ledger = memoryLedger({ clock: { now: () => now } })

let mw: Midwatch
let served: Api
beforeAll(async () => {
  mw = await assemble({ run: [], worker: false, alarm: () => undefined }, { ledger })
  served = api(mw, { access: (request) => CALLERS[request.headers.get('authorization') ?? ''] ?? null })
  const changes = [{ habit: 'tokens', factor: 1.6, fromDay: 60, rampDays: 0 }] as const
  const days = simulatedDays({ seed: 3, days: DAYS, runsADay: 40, changes })
  const points = days.map(({ at, tally }) => ({ agent: 'desk', version: 1, span: 'day' as const, at, tally }))
  await ledger.drift.fold({ runs: [], points, releases: [{ agent: 'desk', version: 1, at: FIRST_DAY }] })
  await ledger.drift.trip({ agent: 'desk', wire: 'cost', act: { kind: 'hold' }, evidence: '{"found":2}', since: 0 })
})
afterAll(() => mw.stop())

const ask = (who: string, query: string) =>
  served.fetch(new Request(`http://localhost/v1/drift${query}`, { headers: { authorization: who } }))

it('tells what the command tells, to viewers of every tenant', async () => {
  const response = await ask('eve', '?agent=desk')
  const body = JSON.parse(await response.text())
  expect([response.status, body.agents.length]).toEqual([200, 1])
  expect(body).toEqual(
    JSON.parse(JSON.stringify(await driftIn(ledger, { agent: 'desk', since: now - 84 * 86_400_000 }))),
  )
  const [desk] = body.agents
  expect(desk.alarms).toContainEqual(expect.objectContaining({ measure: 'tokens', meaning: 'worse' }))
  expect(desk.trips).toMatchObject([{ wire: 'cost', releasedAt: null }])
  const later = JSON.parse(await (await ask('eve', `?since=${now - 7 * 86_400_000}&version=1`)).text())
  expect(later.agents[0].weeks.length).toBeLessThan(desk.weeks.length)
})

it('has nothing to tell of weeks that lie ahead, however far', async () => {
  for (const since of [Date.now() * 2, Number.MAX_SAFE_INTEGER]) {
    const response = await ask('eve', `?since=${since}`)
    expect(response.status).toBe(200)
    expect((await response.json()).since).toBeLessThanOrEqual(await ledger.now())
  }
})

it('tells nothing of all tenants to a token of one', async () => {
  expect((await ask('ann', '')).status).toBe(403)
  expect((await ask('nobody', '')).status).toBe(401)
})
