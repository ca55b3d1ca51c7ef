import { statSync } from 'node:fs'

/**
 * What changes whenever a file is written, in place or by putting another in its place; `none` where there is none. Loader
 * hooks make the same one: keep both alike.
 */
export function markOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : 'none'
}
