import { MidwatchError } from '../../core/errors.js'
import { table } from '../../core/text-table.js'
import { accept, type McpView, pinnedTools, surveyedTools } from '../../runtime/mcp-pins.js'
import type { Call } from '../call.js'
import { EXIT } from '../exit.js'
import type { Reply, Verb } from '../verb.js'
import { cut } from '../words.js'

const HEADS = ['tool', 'state', 'class', 'from', 'says']
const WIDTH = 60

const ACTS: Readonly<Record<string, (call: Call) => Promise<Reply>>> = { list, pin, accept: acceptNamed }

export const mcp: Verb = {
  usage: 'mcp <do> [names...]',
  says: 'Tools of MCP servers. list: as accepted; pin: ask the servers, accept what is new; accept: what changed.',
  act: async (call) => {
    const act = ACTS[call.arg(0)]
    if (!act) throw new MidwatchError('usage', `mcp ${call.arg(0)}: use ${Object.keys(ACTS).join(', ')}.`)
    // Reading the config defines its tools.
    await call.project()
    return act(call)
  },
}

async function list(): Promise<Reply> {
  const views = pinnedTools()
  return { text: views.length === 0 ? NONE : tableOf(views), data: { tools: views } }
}

const NONE = 'No agent and no flow of this project uses an MCP server.'

async function pin(call: Call): Promise<Reply> {
  const views = await surveyed(call)
  const fresh = views.filter(({ state }) => state === 'new')
  const files = accept(fresh)
  const open = views.filter(({ state }) => !['new', 'accepted', 'not_pinned'].includes(state))
  const lines = [
    tableOf(views),
    ...open.flatMap(differences),
    ...files.map((file) => `Wrote ${fresh.length} new to ${file}. Read what they say before you commit it.`),
    ...(open.some(({ state }) => state === 'changed' || state === 'gone')
      ? ['What changed is stopped until you accept it: midwatch mcp accept NAME, or accept all.']
      : []),
  ]
  const text = views.length === 0 ? NONE : lines.join('\n')
  return { text, data: { tools: views, written: files }, exit: open.length === 0 ? EXIT.ok : EXIT.refused }
}

async function acceptNamed(call: Call): Promise<Reply> {
  const names = call.args.slice(1).filter((name) => name !== '')
  if (names.length === 0) throw new MidwatchError('usage', "mcp accept: name a tool, a server, or 'all'.")
  const views = await surveyed(call)
  const isNamed = ({ server, tool }: McpView) =>
    names.some((name) => ['all', server, tool, `${server}.${tool}`].includes(name))
  const named = views.filter(isNamed)
  if (named.length === 0) {
    const known = views.map(({ server, tool }) => `${server}.${tool}`).join(', ') || 'none'
    const text = `Nothing is called ${names.join(', ')}; there are: ${known}.`
    return { text, data: { accepted: [], written: [] }, exit: EXIT.refused }
  }
  const away = named.find(({ state }) => state === 'unreachable')
  if (away) throw new MidwatchError('mcp_unreachable', `'${away.server}' cannot be reached: ${away.what.join()}`)
  const moved = named.filter(({ state }) => state === 'new' || state === 'changed' || state === 'gone')
  const files = accept(moved)
  const lines = moved.flatMap((view) => [`Accepted ${view.server}.${view.tool} (${view.state}).`, ...differences(view)])
  const last = files.map((file) => `Wrote ${file}. Workers take it up when they start again.`)
  const text = moved.length === 0 ? 'There is nothing new in them.' : [...lines, ...last].join('\n')
  return { text, data: { accepted: moved, written: files } }
}

/** Asks every server, with the secrets of the project, and lets them go again. */
async function surveyed(call: Call): Promise<McpView[]> {
  const { options } = await call.project()
  return surveyedTools(options.secrets, (what) => call.io.err(`midwatch: ${what}\n`))
}

function tableOf(views: readonly McpView[]): string {
  const rows = views.map(({ server, tool, state, effect, by, now, before }) => {
    const says = (now ?? before)?.description.split('\n')[0] ?? ''
    return [`${server}.${tool}`, state, effect, FROM[by], cut(says, WIDTH)]
  })
  return table(HEADS, rows)
}

const FROM = { you: 'the config', hint: "the server's hint", default: 'caution' } as const

function differences({ server, tool, state, what, before, now }: McpView): string[] {
  if (state === 'unreachable') return [`${server}: cannot be reached: ${what.join()}`]
  if (state === 'gone') return [`${server}.${tool}: its server has no such tool.`]
  if (state !== 'changed' || before === null || now === null) return []
  const said = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  return what.flatMap((part) => [
    `${server}.${tool}, ${part}:`,
    `  - ${said(before[part as keyof typeof before])}`,
    `  + ${said(now[part as keyof typeof now])}`,
  ])
}
