import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { onServer } from '../src/ledger/postgres/on-server.js'
import { terminal } from './cli/terminal.js'

const page = readFileSync('docs/failover.md', 'utf8')
const blocks = (kind: string) =>
  [...page.matchAll(new RegExp(`^ *\`\`\`${kind}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].flatMap(([, text = '']) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  )
const commands = blocks('sh').map((line) => line.replace(/^DATABASE_URL=\S+ /, ''))
const midwatch = commands.filter((line) => line.startsWith('midwatch ')).map((line) => line.replace('midwatch ', ''))
const options = [...page.matchAll(/^\| `(--\S+)(?: (\w+))?` \|/gm)].map(
  ([, name = '', value]) => [name, value] as const,
)

describe('docs/failover.md', () => {
  it('shows what is typed', () => {
    expect(midwatch.length).toBeGreaterThanOrEqual(5)
    expect(options.length).toBeGreaterThanOrEqual(4)
    // What is not ours comes with PostgreSQL.
    const others = commands.filter((line) => !line.startsWith('midwatch ')).map((line) => line.split(' ')[0])
    expect([...new Set(others)].sort()).toEqual(['pg_basebackup', 'pg_dump', 'pg_restore'])
  })

  it.each(midwatch)('midwatch %s does what it says on a ledger that is whole', async (line) => {
    expect(await terminal().say(...line.split(' '))).toMatchObject({ exit: 0, err: '' })
  })

  it.each(options)('midwatch reconcile takes %s %s', async (name, value) => {
    const { exit } = await terminal().say('reconcile', ...(value === undefined ? [name] : [name, value]))
    expect(exit).toBe(0)
  })

  it('names settings that PostgreSQL has', async () => {
    const settings = blocks('ini').map((line) => line.split(' ')[0])
    const known = await onServer(process.env.MIDWATCH_TEST_URL ?? '', async (client) => {
      const { rows } = await client.query('select name from pg_settings where name = any($1)', [settings])
      return rows.map(({ name }) => name)
    })
    expect(settings.length).toBeGreaterThanOrEqual(7)
    expect([...known].sort()).toEqual([...settings].sort())
  })
})
