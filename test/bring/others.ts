import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { type GovernedLoop, govern, memoryLedger } from '../../src/index.js'
import { assemble } from '../../src/runtime.js'

/** What the frameworks give, as far as it is used here: they are dependencies of the bench alone. */
interface Langgraph {
  readonly ToolNode: new (tools: readonly object[]) => { invoke(state: object): Promise<{ messages: Answered[] }> }
}
interface Messages {
  readonly AIMessage: new (fields: object) => object
}
interface LangchainTools {
  tool(execute: (input: { to: string }) => Promise<string>, fields: object): object
}
interface Mastra {
  createTool(options: object): MastraTool
}
interface MastraTool {
  execute(input: object, context: object): Promise<unknown>
}
interface Answered {
  readonly content: string
  readonly status?: string
}

const bench = createRequire(new URL('../../bench/package.json', import.meta.url))
/** Throws where the bench's own dependencies are not installed: `npm run bench` does that, or `npm --prefix bench ci`. */
const from = <T>(name: string): Promise<T> => import(pathToFileURL(bench.resolve(name)).href) as Promise<T>

/** A governed loop on a ledger that outlives its first runtime. */
async function twice(loops: () => GovernedLoop, work: (loop: GovernedLoop) => Promise<unknown>): Promise<unknown[]> {
  const ledger = memoryLedger()
  const results: unknown[] = []
  for (const again of [false, true]) {
    const loop = loops()
    const mw = await assemble({ run: [loop] }, { ledger })
    results.push(await loop.run({ key: 'k1' }, () => work(loop)).catch(String))
    if (again) results.push((await ledger.runs({ agent: 'desk' })).length)
    await mw.stop()
  }
  return results
}

const desk = () =>
  govern({
    name: 'desk',
    tools: { send_email: 'once', pay: 'once' },
    rules: { pay: () => ({ verdict: 'refuse', reason: 'policy', say: 'Not by you.' }) },
  })

/** A `ToolNode` of LangGraph.js over governed tools; what is wrong with it. */
export async function graphNight(): Promise<string[]> {
  const { ToolNode } = await from<Langgraph>('@langchain/langgraph/prebuilt')
  const { AIMessage } = await from<Messages>('@langchain/core/messages')
  const { tool } = await from<LangchainTools>('@langchain/core/tools')
  let acts = 0
  const execute = async ({ to }: { to: string }) => {
    acts += 1
    return `sent to ${to}`
  }
  const schema = z.toJSONSchema(z.object({ to: z.string() }))
  const own = ['send_email', 'pay'].map((name) => tool(execute, { name, description: name, schema }))
  const calls = ['send_email', 'pay'].map((name, i) => ({ name, args: { to: 'ann' }, id: `c${i}`, type: 'tool_call' }))
  const results = await twice(desk, async (loop) => {
    const node = new ToolNode(loop.tools(own))
    const { messages } = await node.invoke({ messages: [new AIMessage({ content: '', tool_calls: calls })] })
    return messages.map(({ content }) => content)
  })
  return wrongIn('LangGraph', results, acts)
}

/** Tools of Mastra, called as its agents call them; what is wrong with them. */
export async function mastraNight(): Promise<string[]> {
  const { createTool } = await from<Mastra>('@mastra/core/tools')
  let acts = 0
  const execute = async ({ to }: { to: string }) => {
    acts += 1
    return `sent to ${to}`
  }
  const inputSchema = z.object({ to: z.string() })
  const own = (id: string) => createTool({ id, description: id, inputSchema, execute })
  const results = await twice(desk, async (loop) => {
    const tools = loop.tools({ send_email: own('send_email'), pay: own('pay') })
    const sent = await tools.send_email.execute({ to: 'ann' }, {})
    const wrong = await tools.send_email.execute({ to: 1 }, {}).catch(String)
    if (!String(wrong).includes('did not take effect')) throw new Error(`a call with wrong arguments came to: ${wrong}`)
    return [sent, await tools.pay.execute({ to: 'ann' }, {}).catch(String)]
  })
  return wrongIn('Mastra', results, acts)
}

/** The first time it acted, the second time it is told what the first came to; the refusal was read; there is one run. */
function wrongIn(what: string, [first, second, runs]: readonly unknown[], acts: number): string[] {
  const wrong: string[] = []
  const [sent, refused] = Array.isArray(first) ? first : []
  if (sent !== 'sent to ann') wrong.push(`${what}: the call came to ${JSON.stringify(first)}`)
  if (!String(refused).includes('Not by you.')) wrong.push(`${what}: the refusal was read as ${refused}`)
  if (JSON.stringify(second) !== JSON.stringify(first))
    wrong.push(`${what}: under its key it came to ${JSON.stringify(second)}`)
  if (acts !== 1 || runs !== 1) wrong.push(`${what}: ${acts} acts in ${runs} runs`)
  return wrong
}
