import type { Ledger } from '../core/ledger.js'
import type { RunRow } from '../core/run-row.js'
import { isServed, type Pin } from '../core/serving.js'
import { many, shortId } from './words.js'

/** Runs of one version that nobody goes on with. */
export interface Stranded extends Pin {
  /** unserved: no live worker has code for them · misfit: the code that is there does not match what they did. */
  readonly why: 'unserved' | 'misfit'
  readonly runs: number
  /** One of them. */
  readonly first: string
  /** What can be done, a command or a sentence each. */
  readonly todo: readonly string[]
}

/** Who works here, and what they leave lying. */
export interface Served {
  /** Live workers. */
  readonly workers: readonly string[]
  readonly serves: (run: Pin) => boolean
  readonly stranded: readonly Stranded[]
}

/** Looks at what live workers serve, and at every run that has not ended. */
export async function servedIn(ledger: Ledger): Promise<Served> {
  const now = await ledger.now()
  const alive = (await ledger.workers.list()).filter((one) => one.leaseUntil > now)
  const served = new Set(alive.flatMap((one) => one.serves))
  const serves = (pin: Pin) => isServed(pin, served)
  const stranded = (await ledger.pins()).flatMap(({ misfit, runs, first, ...pin }): Stranded[] => {
    if (!misfit && serves(pin)) return []
    const why = serves(pin) ? 'misfit' : 'unserved'
    return [{ ...pin, why, runs, first, todo: why === 'misfit' ? forMisfits(pin) : forUnserved(pin) }]
  })
  return { workers: alive.map(({ name }) => name), serves, stranded }
}

function forUnserved({ agent, version, fingerprint }: Pin): string[] {
  return [
    `start a worker with that code (${agent}@${version}#${fingerprint}), beside the newer one`,
    `or let newer code go on with them where it fits: accepts: [${version}]`,
    `or move them: midwatch move --agent ${agent} --from ${version} --to VERSION`,
  ]
}

function forMisfits({ agent, version }: Pin): string[] {
  return [
    `start the code that they began with (${agent}@${version} as it was): it takes them up by itself`,
    'or move one to a version that fits, also back: midwatch move RUN --to VERSION',
    'or end one: midwatch cancel RUN',
  ]
}

const WHY = {
  unserved: 'no live worker serves this version',
  misfit: 'the code changed under them, and what they did is not what it asks for',
} as const

/** One paragraph for each version, told to a person; '' where nothing is stranded. */
export function strandedText(stranded: readonly Stranded[]): string {
  return stranded
    .map(({ agent, version, runs, first, why, todo }) =>
      [
        `stranded: ${many(runs, 'run')} of ${agent}@${version}, such as ${shortId(first)}: ${WHY[why]}`,
        ...todo.map((line) => `  ${line}`),
      ].join('\n'),
    )
    .join('\n')
}

/** Whether a live worker goes on with this run. */
export const isStranded = (run: RunRow, { serves }: Served): boolean =>
  run.state !== 'ended' && (!serves(run) || (run.waits ?? '').startsWith('mismatch:'))
