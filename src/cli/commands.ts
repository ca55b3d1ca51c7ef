import type { Verb } from './verb.js'

/** Every command by its name, in the order of the help. Each is loaded when it is called: what it alone needs, nobody else waits for. */
const LOADS: Readonly<Record<string, () => Promise<Verb>>> = {
  init: async () => (await import('./commands/init.js')).init,
  dev: async () => (await import('./commands/dev.js')).dev,
  start: async () => (await import('./commands/start.js')).start,
  worker: async () => (await import('./commands/worker.js')).worker,
  run: async () => (await import('./commands/run.js')).run,
  send: async () => (await import('./commands/send.js')).send,
  ps: async () => (await import('./commands/ps.js')).ps,
  show: async () => (await import('./commands/show.js')).show,
  why: async () => (await import('./commands/why.js')).why,
  score: async () => (await import('./commands/score.js')).score,
  since: async () => (await import('./commands/since.js')).since,
  drift: async () => (await import('./commands/drift.js')).drift,
  schedules: async () => (await import('./commands/schedules.js')).schedules,
  cancel: async () => (await import('./commands/cancel.js')).cancel,
  interrupt: async () => (await import('./commands/interrupt.js')).interrupt,
  resume: async () => (await import('./commands/interrupt.js')).resume,
  redrive: async () => (await import('./commands/redrive.js')).redrive,
  move: async () => (await import('./commands/move.js')).move,
  session: async () => (await import('./commands/session.js')).session,
  export: async () => (await import('./commands/export.js')).exportRun,
  prune: async () => (await import('./commands/prune.js')).prune,
  inbox: async () => (await import('./commands/inbox.js')).inbox,
  approve: async () => (await import('./commands/approve.js')).approve,
  deny: async () => (await import('./commands/deny.js')).deny,
  answer: async () => (await import('./commands/answer.js')).answer,
  resolve: async () => (await import('./commands/resolve.js')).resolve,
  kill: async () => (await import('./commands/kill.js')).kill,
  release: async () => (await import('./commands/release.js')).release,
  breakers: async () => (await import('./commands/breakers.js')).breakers,
  queues: async () => (await import('./commands/queues.js')).queues,
  meters: async () => (await import('./commands/meters.js')).meters,
  token: async () => (await import('./commands/token.js')).token,
  bound: async () => (await import('./commands/bound.js')).bound,
  fork: async () => (await import('./commands/fork.js')).fork,
  backtest: async () => (await import('./commands/backtest.js')).backtest,
  rehearse: async () => (await import('./commands/rehearse.js')).rehearse,
  mcp: async () => (await import('./commands/mcp.js')).mcp,
  verify: async () => (await import('./commands/verify.js')).verify,
  reconcile: async () => (await import('./commands/reconcile.js')).reconcile,
  doctor: async () => (await import('./commands/doctor.js')).doctor,
}

/** The commands that a command line can mean: the one that it begins with, or, for help and for what is none, every one. */
export async function verbsFor(first: string | undefined): Promise<Verb[]> {
  if (first === '--version') return []
  const named = first !== undefined && Object.hasOwn(LOADS, first) ? LOADS[first] : undefined
  return Promise.all((named ? [named] : Object.values(LOADS)).map((load) => load()))
}
