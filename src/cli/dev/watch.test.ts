import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { markOf } from './mark.js'
import { Watch } from './watch.js'

let folder = ''
let looks: (() => void)[] = []
const stop = new AbortController()
/** Its sleep is over when the test says so: each is one look. */
const clock = { sleep: () => new Promise<void>((resolve) => looks.push(resolve)) }
const look = async () => {
  for (const over of looks.splice(0)) over()
  await new Promise((resolve) => setImmediate(resolve))
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'midwatch-watch-'))
  looks = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string) => join(folder, name)
function watching(...names: string[]): Watch {
  const watch = new Watch(clock)
  for (const name of names) {
    writeFileSync(at(name), name)
    watch.know(at(name), markOf(at(name)))
  }
  return watch
}
/** What it tells, or nothing yet. */
function heard(watch: Watch) {
  const box: { paths?: string[] } = {}
  void watch.changed(stop.signal).then((paths) => Object.assign(box, { paths }))
  return box
}

it('waits until all is quiet, then tells every file that was written', async () => {
  const watch = watching('a', 'b', 'c')
  const box = heard(watch)
  writeFileSync(at('a'), 'longer')
  await look()
  writeFileSync(at('c'), 'longer too')
  await look()
  expect(box.paths).toBeUndefined()
  await look()
  expect(box.paths).toEqual([at('a'), at('c')])
})

it('sees a save by rename, of the same length', async () => {
  const watch = watching('a')
  const box = heard(watch)
  writeFileSync(at('half'), 'b')
  renameSync(at('half'), at('a'))
  await look()
  await look()
  expect(box.paths).toEqual([at('a')])
})

it('tells each change once', async () => {
  const watch = watching('a')
  const first = heard(watch)
  writeFileSync(at('a'), 'longer')
  await look()
  await look()
  expect(first.paths).toHaveLength(1)
  const second = heard(watch)
  await look()
  await look()
  expect(second.paths).toBeUndefined()
})

it('a file that changed between its load and the first look is told', async () => {
  const watch = watching('a')
  writeFileSync(at('a'), 'changed meanwhile')
  const box = heard(watch)
  await look()
  await look()
  expect(box.paths).toEqual([at('a')])
})

it('a file that is hoped for is seen to come, also in a folder that is not there yet', async () => {
  const watch = watching('a')
  watch.hope(at('later/b.js'))
  const box = heard(watch)
  await look()
  expect(box.paths).toBeUndefined()
  mkdirSync(at('later'))
  writeFileSync(at('later/b.ts'), '')
  await look()
  await look()
  expect(box.paths).toEqual([folder])
})

it('nothing new matters once nothing is hoped for', async () => {
  const watch = watching('a')
  watch.hopeBesideAll()
  watch.forgetHopes()
  const box = heard(watch)
  writeFileSync(at('b'), '')
  await look()
  await look()
  expect(box.paths).toBeUndefined()
})
