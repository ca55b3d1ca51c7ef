import { atMostOnce } from './at-most-once.js'
import { ceilings } from './ceilings.js'
import { final } from './final.js'
import { hashChain } from './hash-chain.js'
import { inbox } from './inbox.js'
import { intentFirst } from './intent-first.js'
import type { Invariant } from './invariant.js'
import { kill } from './kill.js'
import { noWedge } from './no-wedge.js'
import { oneWriter } from './one-writer.js'
import { replay } from './replay.js'

/** All ten, in order. */
export const INVARIANTS: readonly Invariant[] = [
  oneWriter,
  intentFirst,
  atMostOnce,
  ceilings,
  kill,
  noWedge,
  final,
  inbox,
  hashChain,
  replay,
]
