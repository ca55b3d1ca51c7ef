import { readFileSync } from 'node:fs'
import { installPeers } from '../../scripts/setup/peers.js'
import { changedLines } from '../bring/changed-lines.js'
import { killInTheMiddle } from '../bring/killed.js'
import { graphNight, mastraNight } from '../bring/others.js'
import { CEILING_USD, metered, toldBy, withShop } from '../bring/shop-night.js'
import { withDatabase } from './with-database.js'

export const name = 'bring'
export const about =
  'An AI SDK agent governed by three lines: 200 callers in 2 processes under $0.05, SIGKILL in a once tool; LangGraph and Mastra tools'

const CALLERS = 100
const KILLS = 3

export async function run(): Promise<{ summary: string; ok: boolean }> {
  const read = (file: string) => readFileSync(`examples/bring-your-own/${file}.ts`, 'utf8')
  const lines = changedLines(read('agent-before'), read('agent-after')).added.length
  const { wrong, told } = await withDatabase(async () => {
    const crowd = await manyCallers()
    const killed = await kills()
    const others = await otherFrameworks()
    return { wrong: [...crowd.wrong, ...killed.wrong, ...others.wrong], told: [crowd.told, killed.told, others.told] }
  })
  if (lines > 3) wrong.push(`${lines} changed lines`)
  return { summary: [`${lines} changed lines`, ...told, ...wrong].join('; '), ok: wrong.length === 0 }
}

interface Part {
  readonly wrong: string[]
  readonly told: string
}

function manyCallers(): Promise<Part> {
  return withShop(async ({ ledger, start, spentUsd, outbox }) => {
    const both = await Promise.all(['a', 'b'].map((mark) => toldBy(start(CALLERS, mark))))
    const sum = (pick: (told: (typeof both)[number]) => number) => both.reduce((all, told) => all + pick(told), 0)
    const [answered, exhausted] = [sum((t) => t.answered), sum((t) => t.exhausted)]
    const { used, reserved } = await metered(ledger)
    const sent = await outbox()
    const wrong: string[] = []
    const faults = both.flatMap((t) => t.faults)
    if (faults.length > 0) wrong.push(`faults: ${faults.slice(0, 3).join(' | ')}`)
    if (answered + exhausted !== 2 * CALLERS) wrong.push(`${answered} answered, ${exhausted} exhausted`)
    if (exhausted === 0) wrong.push('the ceiling did not bite')
    if (used > CEILING_USD * 1e6 || reserved !== 0) wrong.push(`metered ${used}, reserved ${reserved}`)
    if (spentUsd() > CEILING_USD) wrong.push(`the provider was asked for $${spentUsd()}`)
    if (new Set(sent).size !== sent.length) wrong.push('an e-mail went out twice')
    const spent = `$${(used / 1e6).toFixed(6)} of $${CEILING_USD} by the ledger, $${spentUsd().toFixed(6)} by the provider`
    return {
      wrong,
      told: `${2 * CALLERS} callers in 2 processes: ${answered} answered, ${exhausted} told of the ceiling, ${spent}, overshoot 0`,
    }
  })
}

function kills(): Promise<Part> {
  return withShop(async (night) => {
    const wrong: string[] = []
    for (let i = 1; i <= KILLS; i += 1) {
      const { sent, asked, text } = await killInTheMiddle(night, `k${i}`)
      if (sent !== 1) wrong.push(`kill ${i}: ${sent} e-mails`)
      if (asked[1] !== 0) wrong.push(`kill ${i}: ${asked[1]} model calls were made again`)
      if (text !== 'I wrote to you.') wrong.push(`kill ${i}: ended with ${text}`)
    }
    return { wrong, told: `${KILLS} × SIGKILL in a once tool: second calls 0, model calls made again 0` }
  })
}

async function otherFrameworks(): Promise<Part> {
  if (!(await installPeers()))
    return { wrong: ['the other frameworks could not be installed'], told: 'no other framework' }
  const wrong = [...(await graphNight()), ...(await mastraNight())]
  return { wrong, told: 'LangGraph agent and Mastra tools: refusal read, once kept, replayed under the key' }
}
