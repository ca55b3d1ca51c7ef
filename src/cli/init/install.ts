import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const LOCKS: Readonly<Record<string, string>> = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'package-lock.json': 'npm',
}

/** The package manager of a project: that of its lock file, else the one that called. */
export function npmOf(userAgent: string | undefined, folder: string): string {
  const lock = Object.keys(LOCKS).find((file) => existsSync(join(folder, file)))
  const caller = /^(npm|pnpm|yarn|bun)\//.exec(userAgent ?? '')?.[1]
  return (lock && LOCKS[lock]) ?? caller ?? 'npm'
}

/** Installs, with its output on stderr: stdout is the command's own. False when it failed, which it has told. */
export function installWith(npm: string, folder: string): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn(npm, ['install'], {
      cwd: folder,
      stdio: ['inherit', 2, 2],
      shell: process.platform === 'win32',
    })
    child.once('error', () => done(false))
    child.once('close', (code) => done(code === 0))
  })
}
