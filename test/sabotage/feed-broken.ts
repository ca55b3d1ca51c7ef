import type { Broken } from './sabotage.js'

export const FEED_BROKEN: readonly Broken[] = [
  {
    what: 'the feed is read as far as anything has committed',
    routine: 'feed_here',
    changes: [['pg_snapshot_xmin(', 'pg_snapshot_xmax(']],
    noticedBy: 'the feed misses nothing that commits late',
  },
  {
    what: 'no begin of a stride says its transaction',
    routine: 'take_strides',
    changes: [['case when q.ref is null then (select l.tx_base', 'case when false then (select l.tx_base']],
    noticedBy: 'the feed has every begin, with a settle before it or alone',
  },
]
