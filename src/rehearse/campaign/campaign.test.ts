import { describe, expect, it } from 'vitest'
import { FAULT_NAMES } from '../fault.js'
import { type CampaignOptions, campaign } from './campaign.js'
import { fakeScenario, play, playNaive } from './fake-plays.fixture.js'
import { SoloCrew } from './solo-crew.js'
import { showStrike } from './strike-text.js'

const OPTIONS: CampaignOptions = {
  mode: 'both',
  seed: 1,
  cases: 1_000,
  pairs: 400,
  forMs: 60_000,
  faults: FAULT_NAMES,
  naive: false,
}
const stop = new AbortController().signal

async function results(over: Partial<CampaignOptions> = {}, scenario = fakeScenario()) {
  const options = { ...OPTIONS, ...over }
  const crew = new SoloCrew([scenario], { play, ...(options.naive && { naive: playNaive }) })
  const [result] = await campaign([scenario], crew, options, { stop })
  if (!result) throw new Error('A campaign of one scenario has one result.')
  return result
}

const breaksIn = (result: Awaited<ReturnType<typeof results>>) =>
  Object.fromEntries(result.breaks.map((one) => [one.thing.row, (one.case.strikes ?? []).map(showStrike)]))

describe('a campaign', () => {
  it('finds what is planted and shrinks it to what it takes', async () => {
    const result = await results()
    expect(breaksIn(result)).toEqual({
      I3: ['answer_lost@answer:claim#1', 'crash@point:after_effect#2'],
      I6: ['stall@call:apply begin#3'],
      expectations: ['tool_cut@tool:refund#1'],
    })
    const twice = result.breaks.find(({ thing }) => thing.row === 'I3')
    expect(twice).toMatchObject({ case: { story: 'ask' }, again: true })
  })
})
