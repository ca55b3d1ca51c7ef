import type { Case } from './case.js'
import { showStrike } from './strike-text.js'

/** The one command that plays a case again. `alone`: its file exports no other scenario. */
export function replayCommand(one: Case, file: string, alone: boolean): string {
  const { scenario, story, seed, strikes, messages } = one
  const struck = strikes === null ? [] : strikes.length === 0 ? ['none'] : strikes.map(showStrike)
  const rates = strikes === null ? ['--mode explore', '--cases 1'] : []
  return [
    `npx midwatch rehearse ${quoted(file)}`,
    ...(alone ? [] : [`--scenario ${quoted(scenario)}`]),
    `--story ${quoted(story)}`,
    ...(messages ? [`--messages ${messages.join(',')}`] : []),
    `--seed ${seed}`,
    ...rates,
    ...struck.map((strike) => `--strike ${quoted(strike)}`),
  ].join(' ')
}

/** As a shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
