import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { midwatchBinary } from './binary.js'

const home = mkdtempSync(join(tmpdir(), 'midwatch-embedded-cli-'))
// Where root runs this the server is another user, who must get in.
chmodSync(home, 0o755)
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('the command line in a folder of its own', { timeout: 120_000 }, () => {
  it('two commands at once share the embedded server, and the last to leave stops it', async () => {
    const { say } = await midwatchBinary({ cwd: home })
    const config = ['--config', fileURLToPath(new URL('desk.ts', import.meta.url))]
    const run = (message: string) => say('run', 'desk', '--input', JSON.stringify({ message }), ...config)
    const both = await Promise.all([run('find W1; find W2; find W3'), run('find W1; refund W1 12')])
    expect(both.map(({ exit, err }) => [exit, exit === 0 ? '' : err])).toEqual([
      [0, ''],
      [0, ''],
    ])
    // No config is needed to look, nor to stop.
    const looks = await Promise.all([
      say('ps', '--all', '--json'),
      say('verify', '--json'),
      say('kill', 'fleet', '--json'),
    ])
    expect(looks.map((one) => one.exit)).toEqual([0, 0, 0])
    expect(JSON.parse(looks[0].out).runs).toHaveLength(2)
    expect(readdirSync(join(home, '.midwatch', 'users'))).toEqual([])
    expect(readdirSync(join(home, '.midwatch', 'data'))).not.toContain('postmaster.pid')
  })
})
