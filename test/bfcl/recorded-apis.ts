import { canonical } from '../../src/core/json.js'
import type { GoldCall, Task } from './outside-data.js'

/** A call as whoever makes it says it. */
export interface Asked {
  readonly tool: string
  readonly args: unknown
}

/** One time that a write really ran, as the API itself noted it. */
export interface Executed extends Asked {
  readonly key: string
  readonly runId: string
  readonly result: unknown
}

interface Recorded {
  readonly call: GoldCall
  /** Writes before it in the task: what the API's state was when this was answered. */
  readonly writesBefore: number
}

/** A call as one text, so that calls can be compared. */
export const callText = ({ tool, args }: Asked): string => `${tool} ${canonical(args)}`

/** What a task's APIs answered, by call: read once, and asked by every case that plays the task. */
export class Recording {
  private readonly byCall = new Map<string, Recorded[]>()

  constructor(
    task: Task,
    private readonly isWrite: (tool: string) => boolean,
  ) {
    let writesBefore = 0
    for (const call of task.turns.flatMap(({ gold_calls }) => gold_calls)) {
      const text = callText(call)
      this.byCall.set(text, [...(this.byCall.get(text) ?? []), { call, writesBefore }])
      if (this.isWrite(call.tool)) writesBefore += 1
    }
  }

  knows(asked: Asked): boolean {
    return this.byCall.has(callText(asked))
  }

  /** The answer in the state that so many writes lead to; undefined for a call that nobody recorded. */
  answer(asked: Asked, writes: number): GoldCall | undefined {
    const known = this.byCall.get(callText(asked)) ?? []
    return (known.findLast(({ writesBefore }) => writesBefore <= writes) ?? known[0])?.call
  }
}

/**
 * The APIs of one case. Their state is what was executed so far, in order: an answer is the one recorded after as many writes,
 * so that a write done twice or in another order shows in the state and in later answers.
 */
export class RecordedApis {
  readonly executed: Executed[] = []

  constructor(readonly recording: Recording) {}

  read(asked: Asked): GoldCall | undefined {
    return this.recording.answer(asked, this.executed.length)
  }

  /** Runs a write, whether or not it ran before. */
  write(asked: Asked, key: string, runId: string): GoldCall | undefined {
    const found = this.recording.answer(asked, this.executed.length)
    if (found) this.executed.push({ ...asked, key, runId, result: found.result })
    return found
  }

  /** What ran under a key. */
  under(key: string): Executed | undefined {
    return this.executed.find((one) => one.key === key)
  }
}
