import { midwatch } from 'midwatch'
import { reader, research } from './research.js'

/** Reads five pages and tells what is known and what is not, line by line. */
export async function workNight(where: { databaseUrl?: string; home?: string } = {}): Promise<string[]> {
  const mw = await midwatch({ run: [research, reader], ...where })
  try {
    const urls = ['/tides', '/moon', '/maze', '/fog', '/gone']
    const run = await mw.start(research, { input: { urls }, key: 'what is known of tonight' })
    const outcome = await run.outcome()
    if (outcome.status !== 'completed') return [`The research ended ${outcome.status}.`]
    const facts = outcome.output.read.flatMap((page) => page.facts.map((fact) => `  ${fact} (${page.url})`))
    const gaps = outcome.output.read.filter(({ gap }) => gap !== null).map(({ url, gap }) => `  ${url}: ${gap}`)
    const row = await mw.ledger.run({ runId: run.id })
    const calls = row?.meters.model_calls?.used ?? 0
    return [
      `${urls.length} pages read, ${facts.length} with facts`,
      ...facts,
      'gaps:',
      ...gaps,
      `all runs together made ${calls} of 40 model calls`,
    ]
  } finally {
    await mw.stop()
  }
}
