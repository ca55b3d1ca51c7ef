import fc, { type Arbitrary } from 'fast-check'
import { sha256 } from '../../src/core/digest.js'
import type { Ledger } from '../../src/core/ledger.js'
import { nasty } from './arbitrary.js'
import type { Scene } from './scene.js'

/** Bodies that no route can take. Each begins as a good one, and is spoilt in a way of its own. */
const good = { agent: 'echo', input: { say: 'x' } }
const text = JSON.stringify(good)

const spoilt: Arbitrary<string> = fc.oneof(
  fc.nat({ max: text.length - 1 }).map((at) => text.slice(0, at)),
  fc.constantFrom(
    'null',
    '[]',
    '1',
    '"x"',
    'true',
    '',
    ' ',
    '[[[',
    '{"agent":',
    "{'agent':'echo'}",
    `${text}${text}`,
    `${text},`,
  ),
  fc.nat({ max: 200 }).map((deep) => `{"agent":"echo","input":${'['.repeat(65 + deep)}${']'.repeat(65 + deep)}}`),
  fc
    .constantFrom(
      '1e999',
      '-1e999',
      '12345678901234567890',
      '9007199254740993',
      'NaN',
      'Infinity',
      '01',
      '+1',
      '0x10',
      '1_000',
    )
    .map((number) => `{"agent":"echo","input":{"amount":${number}}}`),
  fc.constantFrom('{"agent":"echo","input":{"__proto__":{"admin":true}}}', '{"__proto__":{},"agent":"echo","input":1}'),
  fc.constant('{"agent":"echo","input":{"constructor":{"prototype":{"admin":true}}}}'),
  nasty
    .filter((name) => !['agent', 'input', 'version', 'tenant', 'principal', 'deadline', 'session'].includes(name))
    .map((name) => JSON.stringify({ ...good, [name.toWellFormed() || 'x']: 1 })),
  fc.jsonValue().map((value) => JSON.stringify({ input: value })),
  fc
    .oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string()), fc.constant({}), fc.constant(''))
    .map((agent) => JSON.stringify({ ...good, agent })),
  fc.constantFrom(0, -1, 1.5, 'one', null, 2 ** 53, []).map((version) => JSON.stringify({ ...good, version })),
  fc
    .constantFrom('', 'a/b', 'a\u0000b', '\ud800', 'x'.repeat(201), 1, null, 'a\nb')
    .map((tenant) => JSON.stringify({ ...good, tenant })),
  fc
    .constantFrom('', '1', '1w', '-1s', '1.5h', '99999999d', '99999999h', 5, null)
    .map((deadline) => JSON.stringify({ ...good, deadline })),
)

export interface Malformed {
  readonly sent: number
  readonly unchanged: boolean
}

/** Where bodies go. A route that takes them all is no target: what is spoilt for a start is spoilt for a message. */
const TARGETS = ['/v1/runs', '/v1/sessions/ann/messages'] as const

/** Sends bodies that must all be refused as what they are; then the ledger is, row by row, what it was. */
export async function sendMalformed(
  scene: Scene,
  { bodies, seed }: { readonly bodies: number; readonly seed: number },
): Promise<Malformed> {
  const before = await digestOf(scene.ledger)
  const property = fc.asyncProperty(fc.constantFrom(...TARGETS), spoilt, async (path, body) => {
    const headers = { 'idempotency-key': 'malformed' }
    const said = await scene.ask({ method: 'POST', path, token: scene.tokens.acme.operator, body, headers })
    if (said.status === 400 && said.body?.code === 'invalid_request' && scene.faults.length === 0) return
    throw new Error(
      `POST ${path} ${JSON.stringify(body.slice(0, 300))}\n${said.status} ${said.text.slice(0, 400)}\n${scene.faults.at(0) ?? ''}`,
    )
  })
  await fc.assert(property, { numRuns: bodies, seed })
  return { sent: bodies, unchanged: (await digestOf(scene.ledger)) === before }
}

/** Of all that requests of these kinds could have written. */
async function digestOf(ledger: Ledger): Promise<string> {
  const runs = await ledger.runs({ after: '', limit: 100_000 })
  const journals = await Promise.all(runs.map(({ runId }) => ledger.journal({ runId })))
  const mail = await Promise.all(runs.map(({ runId }) => ledger.mail({ runId, after: 0 })))
  const people = [await ledger.escalations({}), await ledger.sessions({ limit: 100_000 })]
  const operated = [
    await ledger.switchHistory(),
    await ledger.ceilings(),
    await ledger.meters({}),
    await ledger.effects({}),
  ]
  return sha256(JSON.stringify([runs, journals, mail, people, operated]))
}
