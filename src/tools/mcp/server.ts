import { resolve } from 'node:path'
import { argsDigest } from '../../core/digest.js'
import { MidwatchError } from '../../core/errors.js'

/** A server that is started here as a process of its own and spoken to through its stdin and stdout; never through a shell. */
export interface StdioServer {
  /** Of the pins and messages; default the command's last part with its arguments' digest. */
  readonly name?: string
  /** An executable, found by PATH or by its path. */
  readonly command: string
  readonly args?: readonly string[]
  /** All that its environment has beside PATH and HOME. `secret:NAME` is the runtime's secret of that name. */
  readonly env?: Readonly<Record<string, string>>
  /** Default: this process's own. */
  readonly cwd?: string
}

/** A server that is reached by streamable HTTP. */
export interface HttpServer {
  readonly name?: string
  readonly url: string
  /** `secret:NAME` in a value stands for the runtime's secret, as in `Bearer secret:GRAFANA_TOKEN`. */
  readonly headers?: Readonly<Record<string, string>>
}

export type McpServer = StdioServer | HttpServer

/** A server as it is known to this process: checked, named. */
export type KnownServer = { readonly name: string; readonly id: string } & (
  | (StdioServer & { readonly kind: 'stdio'; readonly args: readonly string[]; readonly cwd: string })
  | (HttpServer & { readonly kind: 'http' })
)

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/
/** What a secret is called; what follows it in the value stays. */
const SECRET = /secret:([A-Za-z_][A-Za-z0-9_]*)/g

/** Throws `invalid_definition` with what to mend. */
export function knownServer(server: McpServer): KnownServer {
  const { name = nameOf(server) } = server
  const wrong = (what: string) => new MidwatchError('invalid_definition', `MCP server '${name}': ${what}`)
  if (!NAME.test(name)) throw wrong('a name is letters, digits, . _ and -, at most 64.')
  if ('url' in server) {
    if (!/^https?:$/.test(URL.parse(server.url)?.protocol ?? '')) throw wrong(`'${server.url}' is no http(s) address.`)
    checkTexts(server.headers ?? {}, (what) => wrong(`headers: ${what}`))
    return { ...server, name, kind: 'http', id: argsDigest([name, server]) }
  }
  if (typeof server.command !== 'string' || server.command === '') throw wrong('command is the name of an executable.')
  if (server.args?.some((arg) => typeof arg !== 'string')) throw wrong('args are texts.')
  checkTexts(server.env ?? {}, (what) => wrong(`env: ${what}`))
  const cwd = resolve(server.cwd ?? '.')
  return { ...server, name, kind: 'stdio', args: server.args ?? [], cwd, id: argsDigest([name, server, cwd]) }
}

function checkTexts(texts: Readonly<Record<string, unknown>>, wrong: (what: string) => Error): void {
  for (const [name, value] of Object.entries(texts)) if (typeof value !== 'string') throw wrong(`'${name}' is no text.`)
}

/** The host of an address; of a command its last part, or that of the package it runs. */
function nameOf(server: McpServer): string {
  if ('url' in server) return (URL.parse(server.url)?.host ?? 'server').replace(/[^a-zA-Z0-9._-]/g, '-')
  const named = [...(server.args ?? [])].find((arg) => /^[@a-zA-Z]/.test(arg)) ?? String(server.command)
  const last = named.split(/[\\/]/).findLast((part) => part !== '') ?? 'server'
  return last.replace(/[^a-zA-Z0-9._-]/g, '-').slice(0, 64)
}

/** Texts with their secrets in place. Throws `missing_secret`. */
export async function withSecrets(
  texts: Readonly<Record<string, string>>,
  secret: (name: string) => Promise<string>,
): Promise<Record<string, string>> {
  const filled: Record<string, string> = {}
  for (const [name, text] of Object.entries(texts)) {
    const values = new Map<string, string>()
    for (const [, of = ''] of text.matchAll(SECRET)) values.set(of, await secret(of))
    filled[name] = text.replace(SECRET, (_, of: string) => values.get(of) ?? '')
  }
  return filled
}
