import { expect, it } from 'vitest'
import { replayCommand } from './replay-command.js'
import { readStrike } from './strike-text.js'

const CASE = { scenario: 'desk', story: 'ask', seed: 7, strikes: [readStrike('crash@point:after_effect#1')] }

it('names file, story, seed and strikes, as a shell reads them', () => {
  expect(replayCommand(CASE, 'rehearsals/desk.ts', true)).toBe(
    "npx midwatch rehearse rehearsals/desk.ts --story ask --seed 7 --strike 'crash@point:after_effect#1'",
  )
})

it.each([
  [{ ...CASE, strikes: [] }, '--seed 7 --strike none'],
  [{ ...CASE, strikes: null }, '--seed 7 --mode explore --cases 1'],
  [{ ...CASE, messages: [1, 3], strikes: [] }, '--story ask --messages 1,3 --seed 7'],
  [{ ...CASE, story: "Ann's order", strikes: [] }, `--story 'Ann'\\''s order' --seed 7`],
])('%j says %s', (one, said) => {
  expect(replayCommand(one, 'desk.ts', true)).toContain(said)
})

it('names the scenario where its file has several', () => {
  expect(replayCommand(CASE, 'desk.ts', false)).toContain('desk.ts --scenario desk --story ask')
})
