import type { Broken } from './sabotage.js'

/** Ledgers in which one thing about queues is wrong. */
export const QUEUE_BROKEN: readonly Broken[] = [
  {
    what: 'a line is looked at without its lock',
    routine: 'lock_lines',
    changes: [['for no key update;\n    if not found', ';\n    if not found']],
    noticedBy: 'of two starts at once one takes the last place',
  },
  {
    what: 'what is to be shed is waited for',
    routine: 'to_shed',
    changes: [
      [
        'g.queue = p_name and g.sheds and g.priority < p_below and g.in_line and g.worked_by is null\n     order by g.priority, g.run_id desc limit 1 for no key update skip locked',
        'g.queue = p_name and g.sheds and g.priority < p_below and g.in_line and g.worked_by is null\n     order by g.priority, g.run_id desc limit 1 for no key update',
      ],
    ],
    noticedBy: 'what is just being claimed is not shed, and is not waited for',
  },
]
