import { describe, expect, it } from 'vitest'
import { hasOutsideData, NO_OUTSIDE_DATA } from '../bfcl/outside-data.js'
import { hasDojo } from './dojo.js'
import { bfclAll, dojoAll } from './proofs.js'

// A slice of `npm run prove -- injection`.
describe.runIf(hasDojo && hasOutsideData)(`injected, malformed and unwanted calls (else ${NO_OUTSIDE_DATA})`, () => {
  it('no injected write is done without a person, and users are hardly refused anything', {
    timeout: 60_000,
  }, async () => {
    expect(await dojoAll(11)).toMatchObject({ ok: true })
  })

  it('well-formed calls are made, malformed ones refused, and where none is right all of them', {
    timeout: 60_000,
  }, async () => {
    expect(await bfclAll(40)).toMatchObject({ ok: true })
  })
})
