import { describe, expect, it } from 'vitest'
import { tampered, told, Watch } from '../../../test/invariants/watch.js'
import { bodyDigest, chainHash, headerOf } from '../chain.js'
import { hashChain } from './hash-chain.js'

async function journal() {
  const watch = await Watch.start()
  const runId = await watch.run()
  await watch.settle(runId, await watch.begin(runId), 'performed')
  await watch.end(runId)
  return { watch, runId, facts: await watch.facts() }
}

describe('chain', () => {
  it('an untouched journal passes', async () => {
    const { facts } = await journal()
    expect(told(hashChain, facts)).toEqual([])
  })

  it('erased bodies pass: the digest stays', async () => {
    const { watch, runId } = await journal()
    expect((await watch.ledger.erase({ runId })).erased).toBeGreaterThan(0)
    expect(told(hashChain, await watch.facts())).toEqual([])
  })

  it.each([
    ['a body', { body: '{"amount":1}' }, 'The body was altered.'],
    ['a salt', { salt: 'cc' }, 'The body was altered.'],
    ['the facts as read', { facts: { did: 'failed' } }, 'The facts are not those that were hashed.'],
    ['a fence', { fence: 1 }, 'The hash does not follow'],
    ['a time', { at: 1 }, 'The hash does not follow'],
    ['an epoch', { epoch: 7 }, 'The hash does not follow'],
    ['a reference', { ref: 2 }, 'The hash does not follow'],
  ])('an edit of %s is found', async (_, edit, sentence) => {
    const { runId, facts } = await journal()
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(runId)?.[3] ?? {}, edit))
    expect(told(hashChain, bad).join()).toContain(sentence)
  })

  it('an edit that mends its own digest and hash is found by the entry after it', async () => {
    const { runId, facts } = await journal()
    const bad = tampered(facts, ({ entries }) => {
      const [before, entry] = entries.get(runId)?.slice(2) ?? []
      if (!before || !entry) return
      entry.body = '{"amount":1}'
      entry.digest = bodyDigest(entry.salt, entry.body)
      entry.hash = chainHash(before.hash, headerOf(entry), entry.digest)
    })
    expect(told(hashChain, bad)).toHaveLength(1)
  })

  it('a deleted entry is found', async () => {
    const { runId, facts } = await journal()
    const bad = tampered(facts, ({ entries }) => entries.get(runId)?.splice(2, 1))
    expect(told(hashChain, bad).join()).toContain('an entry was altered, added or removed')
  })

  it('a truncated journal is found, with or without the run pointing at what is left', async () => {
    const { runId, facts } = await journal()
    const cut = tampered(facts, ({ entries }) => entries.get(runId)?.pop())
    expect(told(hashChain, cut).join()).toContain('entries were cut off')
    const hidden = tampered(cut, ({ runs }) => Object.assign(runs[0] ?? {}, { headSeq: 4 }))
    expect(told(hashChain, hidden).join()).toContain('entries were cut off')
  })
})
