import { type Midwatch, midwatch } from 'midwatch'
import { invoice, paid } from './invoice.js'

type Where = { readonly databaseUrl?: string; readonly home?: string }

/** Two invoices of one night: what people may not do, what a stop between two answers costs, and a no. Told line by line. */
export async function workNight(where: Where = {}): Promise<string[]> {
  paid.length = 0
  const lines: string[] = []
  const first = await open(where)
  const asked = await ask(first, 'inv-7', 1_200)
  lines.push(`bob, who asked for it, says yes: ${await answer(first, asked.id, 'bob', true)}`)
  lines.push(`ann says yes: ${await answer(first, asked.id, 'ann', true)}`)
  lines.push(`ann says yes again: ${await answer(first, asked.id, 'ann', true)}`)
  await first.stop()
  // All that ran is gone; what was said is not.
  const second = await open(where)
  lines.push(`after a stop and a start, cem says yes: ${await answer(second, asked.id, 'cem', true)}`)
  lines.push(`inv-7: ${await endOf(second, asked.runId)}`)
  const other = await ask(second, 'inv-8', 90)
  await answer(second, other.id, 'ann', true)
  await answer(second, other.id, 'cem', false)
  lines.push(`inv-8: ${await endOf(second, other.runId)}`)
  await second.stop()
  return [...lines, `the bank was told: ${paid.join(', ')}`]
}

const open = (where: Where): Promise<Midwatch> => midwatch({ run: [invoice], ...where })

/** Starts an invoice's run, and gives its question as soon as it is open. */
async function ask(mw: Midwatch, id: string, usd: number): Promise<{ readonly id: string; readonly runId: string }> {
  const run = await mw.start(invoice, { input: { id, usd }, key: id, principal: 'bob' })
  for await (const { kind } of run.events()) {
    const [question] = kind === 'park' ? await mw.ledger.escalations({ runId: run.id, state: 'open' }) : []
    if (question) return { id: question.id, runId: run.id }
  }
  throw new Error(`${id} ended without a question.`)
}

async function answer(mw: Midwatch, id: string, by: string, ok: boolean): Promise<string> {
  const { code } = await mw.ledger.answer({ id, decision: 'answer', by, result: JSON.stringify({ ok }) })
  return code
}

async function endOf(mw: Midwatch, runId: string): Promise<string> {
  const outcome = await mw.run<{ paid: string; by: string[] }>(runId).outcome()
  if (outcome.status === 'completed') return `paid, as ${outcome.output.by.join(' and ')} said`
  return outcome.status === 'refused' ? outcome.say : outcome.status
}
