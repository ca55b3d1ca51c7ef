import { describe, expect, it } from 'vitest'
import { terminal } from '../../test/cli/terminal.js'

/** The story on one line, for sentences break anywhere. */
async function why(message: string, then?: (id: string, say: ReturnType<typeof terminal>['say']) => Promise<unknown>) {
  const { say, desk } = terminal()
  const run = await desk(message, '--key', 'k1')
  await then?.(run.id, say)
  const { out } = await say('why', run.id)
  return { text: out.replace(/\s+/g, ' '), say, id: run.id }
}

describe('midwatch why', () => {
  it('tells who asked for what, what it cost against its ceilings, and how it ended', async () => {
    const { text, id } = await why('find W1; refund W1 12')
    expect(text).toContain(`Run ${id} of desk@1 (tenant default, key k1).`)
    expect(text).toContain('{"message":"find W1; refund W1 12"}')
    expect(text).toContain('Proposed: issue_refund {"amount":12,"orderId":"W1"}, because: “I will issue_refund now.”')
    expect(text).toMatch(
      /Allowed: attempt 1 began; set aside at most \$12.00 of refund_usd; held order:W1 alone. It was done./,
    )
    expect(text).toMatch(/steps 5 0 20 /)
    expect(text).toMatch(/refund_usd \$12.00 \$0.00 \$200.00/)
    expect(text).toMatch(/refund_usd .* \$500.00 tenant:default\/desk per day, as of this run's last call/)
    expect(text).toMatch(/Ended after \d+ms: completed, with \{"resolution":"done"\}/)
  })

  it('tells a refusal with its rule, its words and its strike', async () => {
    const { text } = await why('refund W1 12; no')
    expect(text).toContain(
      'Refused by rules.issue_refund (policy): “Look the order up first.” Nothing was done. It counted as a strike.',
    )
    expect(text).toContain('refused by agent (out_of_scope): “That is none of our orders.”')
  })

  it('tells a doubt and how it was cleared', async () => {
    const { text } = await why('find lost; refund lost 5')
    expect(text).toContain('The answer was lost (it broke off: connection reset). It may have acted')
    expect(text).toContain("The tool's own check found that it had happened.")
  })

  it('tells what was tried again, and what is known not to have acted', async () => {
    const { text } = await why('find busy; refund busy 5; find declined; refund declined 5')
    expect(text).toMatch(/It did not act: busy. Allowed: attempt 2 began.* It was done./)
    expect(text).toContain('It did not act: declined.')
  })

  it('tells a ceiling without room, with its numbers', async () => {
    const at = terminal()
    const run = await at.desk('find A; refund A 90; find B; refund B 90; find C; refund C 90')
    const text = (await at.say('why', run.id)).out.replace(/\s+/g, ' ')
    expect(text).toContain(
      'No room under the ceiling of $200.00 on refund_usd for this run: $180.00 used, $0.00 set aside, $90.00 more asked for.',
    )
  })

  it('tells what it waits for and how to answer; and an answer that came too late to matter', async () => {
    const { text, say, id } = await why('find W9; refund W9 150')
    expect(text).toContain(
      'The rule rules.issue_refund had a person decide: finance within 4h, then manager within 4h, else refuse',
    )
    const [, escalation = ''] = /midwatch approve (\S+)/.exec(text) ?? []
    await say('approve', escalation)
    expect((await say('why', id)).out.replace(/\s+/g, ' ')).toContain(
      `ann answered ${escalation} (issue_refund): approve. The run has not acted on it.`,
    )
  })

  it('keeps to the width of a terminal', async () => {
    const { say, id } = await why('find W9; refund W9 150')
    const long = (await say('why', id)).out.split('\n').filter((line) => line.length > 100 && line.includes(' '))
    expect(long).toEqual([])
  })

  it('gives the same as data', async () => {
    const { say, id } = await why('refund W1 12; no')
    const { data } = await say('why', id, '--json')
    expect(data.input).toEqual({ message: 'refund W1 12; no' })
    expect(data.steps.map((step: { sort: string; name: string }) => [step.sort, step.name])).toEqual([
      ['model', 'scripted/scripted'],
      ['tool', 'issue_refund'],
      ['model', 'scripted/scripted'],
    ])
    expect(data.steps[1]).toMatchObject({
      said: 'I will issue_refund now.',
      result: { status: 'refused', rule: 'rules.issue_refund' },
      events: [{ what: 'note', about: 'refused', strikes: 1 }],
    })
    expect(data.outcome).toMatchObject({ status: 'refused' })
  })

  it('still tells what headers say once the bodies were erased', async () => {
    const at = terminal()
    const run = await at.desk('find W1; refund W1 12')
    await at.ledger.erase({ runId: run.id })
    const { exit, out } = await at.say('why', run.id)
    expect(exit).toBe(0)
    expect(out).toContain('Ended after')
    expect(out).toContain('completed; its words were erased.')
    expect((await at.say('show', run.id)).out).toContain('performed')
  })
})
