import { describe, expect, it } from 'vitest'
import { knownServer, withSecrets } from './server.js'

describe('a server', () => {
  it.each([
    [{ command: 'npx', args: ['-y', '@modelcontextprotocol/server-memory'] }, 'server-memory'],
    [{ command: '/usr/bin/mcp-server-git' }, 'mcp-server-git'],
    [{ command: 'node', args: ['dist/grafana.js', '--safe'] }, 'grafana.js'],
    [{ url: 'https://grafana.example:8443/mcp' }, 'grafana.example-8443'],
    [{ name: 'own', command: 'x' }, 'own'],
  ])('%j has a name', (server, name) => {
    expect(knownServer(server).name).toBe(name)
  })

  it('is the same one wherever it is named, and another one with other arguments', () => {
    const id = (args: string[]) => knownServer({ name: 'a', command: 'x', args }).id
    expect(id(['1'])).toBe(id(['1']))
    expect(id(['1'])).not.toBe(id(['2']))
  })

  it.each([
    [{ command: '' }, 'command is the name of an executable'],
    [{ command: 'x', args: [1] }, 'args are texts'],
    [{ command: 'x', env: { A: 1 } }, "env: 'A' is no text"],
    [{ url: 'ftp://x' }, 'is no http(s) address'],
    [{ url: 'x' }, 'is no http(s) address'],
    [{ url: 'http://x', headers: { a: 1 } }, "headers: 'a' is no text"],
    [{ name: 'a b', command: 'x' }, 'a name is letters'],
  ])('%j is refused', (server, says) => {
    const message = expect.stringContaining(says)
    expect(() => knownServer(server as never)).toThrow(expect.objectContaining({ code: 'invalid_definition', message }))
  })
})

it('secrets are put in where they are named, and nothing else is changed', async () => {
  const secret = async (name: string) => `<${name}>`
  const texts = { authorization: 'Bearer secret:TOKEN', both: 'secret:A-secret:B', plain: 'a secret: none' }
  expect(await withSecrets(texts, secret)).toEqual({
    authorization: 'Bearer <TOKEN>',
    both: '<A>-<B>',
    plain: 'a secret: none',
  })
})
