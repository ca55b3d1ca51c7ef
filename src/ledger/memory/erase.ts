import type { Run } from './runs.js'
import type { Store } from './store.js'

/** Takes away all words of a run; digests and chain stay. Answers how many bodies and questions there were. */
export function erase(store: Store, run: Run): number {
  const entries = replaced(run.entries, ({ body }) => body !== null, { body: null, salt: '' })
  const mail = replaced(run.mail, ({ body }) => body !== '{}', { body: '{}' })
  const evidence = replaced(run.evidence, ({ body }) => body !== '{}', { body: '{}' })
  const { runId } = run.admission
  return entries + mail + evidence + store.escalations.erase(run) + store.blobs.drop(runId) + store.scores.erase(runId)
}

/** Puts copies without words in the place of what has any. */
function replaced<T>(list: T[], hasWords: (one: T) => boolean, without: Partial<T>): number {
  let erased = 0
  list.forEach((one, index) => {
    if (!hasWords(one)) return
    list[index] = { ...one, ...without }
    erased += 1
  })
  return erased
}
