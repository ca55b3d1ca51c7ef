import { breakers } from './breakers.js'
import { doubts } from './doubts.js'
import { drift } from './drift.js'
import type { Endpoint } from './endpoint.js'
import { escalations } from './escalations.js'
import { health } from './health.js'
import { journal } from './journal.js'
import { liveEndpoints } from './live/live-endpoints.js'
import { meters } from './meters.js'
import { queues } from './queues.js'
import { reconcile } from './reconcile.js'
import { runVerbs } from './run-verbs.js'
import { runs } from './runs.js'
import { scores } from './scores.js'
import { sessions } from './sessions.js'
import { switches } from './switches.js'

/** Every route, in the order of the document. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...runs,
  ...journal,
  ...runVerbs,
  ...scores,
  ...sessions,
  ...escalations,
  ...doubts,
  ...switches,
  ...breakers,
  ...queues,
  ...reconcile,
  ...meters,
  ...drift,
  ...liveEndpoints,
  ...health,
]
