import type { Broken } from './sabotage.js'

/** Ledgers that lose sight of what is above a run, or below it. */
export const TREE_BROKEN: readonly Broken[] = [
  {
    what: 'only a parent that waits has mail of its child',
    routine: 'work_ops',
    changes: [["word is not null and (runs[y]).state <> 'ended'", "word is not null and (runs[y]).state = 'waiting'"]],
    noticedBy: 'a parent that parks while its child ends is due at once',
  },
  {
    what: 'mail of a child wakes nobody',
    routine: 'work_ops',
    changes: [
      [
        "'child', word, at);\n            if (runs[y]).state = 'waiting' then",
        "'child', word, at);\n            if false then",
      ],
    ],
    noticedBy: 'a parent that waits is woken by the end of its child',
  },
  {
    what: 'the row of the root is not charged',
    routine: 'work_ops',
    changes: [['else runs[up].reserved[z] := val; moved[up] := true; end if;', 'else null; end if;']],
    noticedBy: 'a ceiling above counts what children have reserved',
  },
  {
    what: 'a run below others is taken as a stride',
    routine: 'take_strides',
    changes: [["g.parent is null and g.state = 'running'", "g.state = 'running'"]],
    noticedBy: 'what a child does not use is given back above',
  },
  {
    what: 'the next of a group is not made due',
    routine: 'work_ops',
    changes: [['if has_turn(runs[y]) then', 'if false then']],
    noticedBy: 'the end of one in a group makes the next due',
  },
  {
    what: 'a run below is not told what has ended above',
    routine: 'work_ops',
    changes: [["if (runs[array_position(r_scope, 'run:' || gone)]).state = 'ended' then", 'if false then']],
    noticedBy: 'nothing begins below a run that has just ended',
  },
  {
    what: 'a child forgets what covers its parent',
    routine: 'admit',
    changes: [['scopes_above(mother,', 'scopes_above(null::run,']],
    noticedBy: 'a kill of a run above covers what is below it',
  },
  {
    what: 'an admission looks at the parent before its lock alone',
    routine: 'admit',
    changes: [["if mother.state <> 'running' or mother.fence <> p_fence then return; end if;", '']],
    noticedBy: 'a run that has just ended gets no child',
  },
]
