import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryWorld } from './memory.js'
import type { RefundWorld } from './port.js'
import { openPool, postgresWorld } from './postgres.js'
import { postgresWitness } from './postgres-witness.js'
import { createShop, createWitness } from './schema.js'
import { memoryWitness, type Witness } from './witness.js'

interface Opened {
  world: RefundWorld
  witness: Witness
}

const SCHEMA = `refund_desk_test_${process.pid}`

function openMemory(): Promise<Opened> {
  const witness = memoryWitness('midwatch')
  return Promise.resolve({ world: memoryWorld(witness), witness })
}

async function openPostgres(): Promise<Opened> {
  const pool = openPool(process.env.MIDWATCH_TEST_URL ?? '')
  const db = await pool.connect()
  await createWitness(db)
  await createShop(db, SCHEMA)
  db.release()
  return {
    world: postgresWorld({ pool, schema: SCHEMA, side: 'midwatch' }),
    witness: postgresWitness(pool, 'midwatch'),
  }
}

describe.each([
  ['memory', openMemory],
  ['postgres', openPostgres],
] as const)('the shop in %s', (_, open) => {
  let world: RefundWorld
  let witness: Witness
  const deeds = async () => (await witness.facts()).map((fact) => fact.deed)
  beforeAll(async () => {
    const opened = await open()
    world = opened.world
    witness = opened.witness
  })
  afterAll(() => world.close())

  it('finds orders and customers, and says null for what it does not know', async () => {
    expect(await world.order('1002')).toEqual({
      id: '1002',
      customerId: 'c-02',
      item: 'coffee grinder',
      totalCents: 2_500,
      state: 'delivered',
      refundedCents: 0,
    })
    expect(await world.customer('c-02')).toMatchObject({ name: 'Ben Okafor', email: 'ben@example.com', creditCents: 0 })
    expect(await world.order('9999')).toBeNull()
    expect(await world.customer('c-99')).toBeNull()
  })

  it('books a confirmed refund once, however often it hears of it', async () => {
    const refund = { id: 'r-1', orderId: '1002', cents: 2_500 }
    await world.bookRefund(refund)
    await world.bookRefund(refund)
    expect((await world.order('1002'))?.refundedCents).toBe(2_500)
  })

  it('gives the first answer to the same key and does nothing the second time', async () => {
    const mail = { customerId: 'c-01', orderId: '1001', subject: 'Hello', body: 'On its way.' }
    const answers = await Promise.all([world.sendEmail(mail, 'k-1'), world.sendEmail(mail, 'k-1')])
    expect(answers[0]).toEqual(answers[1])
    expect(await deeds()).toEqual(['email'])
  })

  it('acts each time where no key is sent', async () => {
    const before = (await deeds()).length
    await world.addNote('1001', 'called twice', null)
    await world.addNote('1001', 'called twice', null)
    expect((await deeds()).slice(before)).toEqual(['note', 'note'])
  })

  it('cancels an open order, and only that', async () => {
    expect(await world.cancelOrder('1001', 'k-2')).toBe(false)
    expect(await world.cancelOrder('1003', 'k-3')).toBe(true)
    expect(await world.cancelOrder('1003', 'k-3')).toBe(true)
    expect(await world.cancelOrder('1003', 'k-4')).toBe(false)
    expect((await world.order('1003'))?.state).toBe('cancelled')
    expect((await deeds()).filter((deed) => deed === 'cancel')).toHaveLength(1)
  })

  it('writes down who was given how much credit', async () => {
    await world.giveCredit({ customerId: 'c-03', orderId: '1011', cents: 1_000 })
    expect((await world.customer('c-03'))?.creditCents).toBe(1_000)
    expect((await witness.facts()).at(-1)).toMatchObject({ deed: 'credit', orderId: '1011', amount: 1_000, key: null })
  })
})
