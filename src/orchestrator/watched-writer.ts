import type { Answer } from '../core/ops.js'
import { RunWatch, type Watched } from './run-watch.js'
import { Writer } from './writer.js'

/** The writer of an activation, with the ear of those who observe the process. `lost`: this worker holds the run no more. */
export function watchedWriter(of: Watched, lost: (answer: Answer) => void): Writer {
  const { engine, run } = of
  const { batcher, entropy, secrets } = engine
  const ports = { batcher, entropy, conceal: secrets.conceal, hearer: new RunWatch(of) }
  return new Writer(ports, run.runId, run.fence, run.headSeq, lost)
}
