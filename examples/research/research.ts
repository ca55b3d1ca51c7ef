import { agent, fault, flow, tool } from 'midwatch'
import { type ScriptedRequest, scriptedModel } from 'midwatch/testing'
import { z } from 'zod'

/** What there is to be read. One page is away for good, one leads round in circles, one does not say. */
const PAGES: Readonly<Record<string, string>> = {
  '/tides': 'High water is at four.',
  '/moon': 'The moon sets at three.',
  '/maze': 'See /maze.',
  '/fog': 'Nothing is known.',
}

const readPage = tool({
  name: 'read_page',
  description: 'Reads a page.',
  input: z.object({ url: z.string() }),
  effect: 'read',
  execute: async ({ url }) => {
    const text = PAGES[url]
    if (text === undefined) throw fault.permanent('gone')
    return { text }
  },
})

/** What a model would say of a page: follow it, doubt it, or take its fact. */
function reads({ messages }: ScriptedRequest) {
  const url = /"url\\?":\\?"([^"\\]+)/.exec(JSON.stringify(messages))?.[1] ?? ''
  const last = JSON.stringify(messages.findLast(({ role }) => role === 'tool') ?? null)
  const call = (name: string, input: object) => ({ text: '', toolCalls: [{ name, input }] })
  if (last === 'null' || last.includes('See ')) return call('read_page', { url })
  if (last.includes('failed') || last.includes('Nothing is known'))
    return call('refuse', { reason: 'cannot_know', say: `${url} does not say.` })
  return call('complete', { facts: [PAGES[url] ?? ''] })
}

export const reader = agent({
  name: 'reader',
  version: 1,
  model: scriptedModel({ replies: reads }),
  input: z.object({ url: z.string() }),
  outcome: z.object({ facts: z.array(z.string()) }),
  instructions: 'Read the page and give its facts. Not knowing is a result.',
  tools: [readPage],
  signals: { same_call: 'end' },
  ceilings: { run: { steps: 12 } },
})

/** Reads all pages at once, each by a run of its own, under one ceiling for all of them; gaps are part of the result. */
export const research = flow({
  name: 'research',
  version: 1,
  input: z.object({ urls: z.array(z.string()) }),
  ceilings: { run: { usd: '$0.20', model_calls: 40 } },
  run: async (ctx, { urls }) => {
    const read = await ctx.map(urls, { atOnce: 3, key: (url) => url }, async (branch, url) => {
      const outcome = await branch.agent(reader, { url })
      if (outcome.status === 'completed') return { url, facts: outcome.output.facts, gap: null }
      return {
        url,
        facts: [],
        gap: outcome.status === 'refused' ? `${outcome.reason}: ${outcome.say}` : outcome.status,
      }
    })
    return { read: read.done, not: read.not.map(({ key }) => key) }
  },
})
