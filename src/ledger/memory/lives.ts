import type { Lives, Mark, Standing, Write } from '../../core/lives.js'
import type { Store } from './store.js'

export function standingIn({ incarnation, lifeBook }: Store): Standing {
  return { life: 'memory', known: 'memory', incarnation, isSynchronous: false, stopped: lifeBook.stopped }
}

export function livesOf(store: Store): Lives {
  const { lifeBook } = store
  return {
    standing: async () => standingIn(store),
    missing: async ({ marks, writes }) => ({
      marks: marks.filter((mark) => isGone(store, mark)),
      writes: writes.filter((write) => isLost(store, write)),
    }),
    stop: async ({ why, by, since }) => {
      const { stopped } = lifeBook
      const earliest =
        stopped?.since == null || since === null ? (since ?? stopped?.since ?? null) : Math.min(stopped.since, since)
      lifeBook.stopped = { ...(stopped ?? { at: store.now(), why, by }), since: earliest }
      store.workers.retireAll(store.now())
      if (stopped === null) store.leave('stopped', null, { by, why }, store.now())
      return stopped === null
    },
    accept: async () => false,
    tell: async ({ by, writes }) => {
      const before = lifeBook.lost.size
      for (const write of writes) {
        const { runId, seq } = write.op
        const place = placeOf(write)
        const at = store.now()
        if (!lifeBook.lost.has(place)) lifeBook.lost.set(place, { write, runId, seq, by, at, keptAs: null })
      }
      return lifeBook.lost.size - before
    },
    lost: async () => [...lifeBook.lost.values()],
  }
}

const placeOf = ({ op }: Write): string => `${op.runId} ${op.seq} ${op.salt}`

function isGone({ workers, incarnation }: Store, mark: Mark): boolean {
  if (mark.incarnation !== incarnation) return mark.incarnation > incarnation
  return !workers.knows(mark)
}

function isLost({ runs, lifeBook }: Store, write: Write): boolean {
  const run = runs.byId.get(write.op.runId)
  if (run?.prunedAt != null || lifeBook.lost.has(placeOf(write))) return false
  const entry = run?.entries[write.op.seq - 1]
  return entry === undefined || (entry.salt !== write.op.salt && entry.salt !== '')
}
