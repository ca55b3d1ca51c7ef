import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** A Python that can run `examples/http-tool-fastapi/server.py`: the one in use, or the system's. */
const python = ['python3', '/usr/bin/python3'].find(
  (one) => spawnSync(one, ['-c', 'import fastapi, uvicorn']).status === 0,
)
export const hasFastApi = (): boolean => python !== undefined

/** The example itself, on a free port, with a store of its own. */
export async function pythonRefunds(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'midwatch-fastapi-'))
  const appDir = resolve('examples/http-tool-fastapi')
  const argv = ['-B', '-m', 'uvicorn', 'server:app', '--app-dir', appDir, '--host', '127.0.0.1', '--port', '0']
  const server = spawn(python ?? 'python3', argv, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const close = async () => {
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
  const said: string[] = []
  for await (const line of createInterface({ input: server.stderr })) {
    said.push(line)
    const url = /running on (http:\S+)/.exec(line)?.[1]
    if (url !== undefined) {
      server.stderr.resume()
      return { url: `${url}/refunds`, close }
    }
  }
  throw new Error(`The example did not start:\n${said.join('\n')}`)
}
