import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plan } from './plan.js'

/**
 * Writes a plan, all of it or nothing: what a failure (a full disk, no right to write) leaves half-way is taken back. A file
 * that came up since the plan was made is never overwritten: it is such a failure. Throws what the file system throws.
 */
export function writePlan({ folder, files, changes }: Plan): void {
  const undo: (() => void)[] = []
  try {
    for (const { path, text } of files) {
      const file = join(folder, path)
      makeFolder(dirname(file), undo)
      writeFileSync(file, text, { flag: 'wx' })
      undo.push(() => rmSync(file, { force: true }))
    }
    for (const { path, text, before } of changes) {
      const file = join(folder, path)
      undo.push(() => writeFileSync(file, before))
      writeFileSync(file, text)
    }
  } catch (error) {
    for (const step of undo.reverse()) step()
    throw error
  }
}

function makeFolder(folder: string, undo: (() => void)[]): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder), undo)
  mkdirSync(folder)
  undo.push(() => rmdirSync(folder))
}
