/**
 * Stands before any MCP server on stdio and keeps an append-only journal of each call that reached it:
 * `TAP_JOURNAL=FILE node tap.mjs NAME COMMAND ARGS…`. TAP_SAYS adds words to the description of every tool.
 */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [name, command = '', ...args] = process.argv.slice(2)
const { TAP_JOURNAL: journal = '/dev/null', TAP_SAYS: says, ...env } = process.env
const server = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
server.on('exit', (code) => process.exit(code ?? 1))
server.stdin.on('error', () => undefined)

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { method, params } = JSON.parse(line)
    if (method === 'tools/call') {
      const { name: tool, arguments: given, _meta = {} } = params
      const call = { server: name, tool, given, key: _meta['midwatch/key'] ?? null, pid: server.pid }
      appendFileSync(journal, `${JSON.stringify(call)}\n`)
    }
    server.stdin.write(`${line}\n`)
  })
  .on('close', () => server.stdin.end())

createInterface({ input: server.stdout }).on('line', (line) => {
  const message = JSON.parse(line)
  for (const tool of says === undefined ? [] : (message.result?.tools ?? [])) tool.description += ` ${says}`
  process.stdout.write(`${JSON.stringify(message)}\n`)
})
