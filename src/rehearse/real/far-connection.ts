import { MidwatchError } from '../../core/errors.js'
import type { Ledger, Wake } from '../../core/ledger.js'
import type { Op } from '../../core/ops.js'
import { ledgerOver, matters } from '../sim/connection.js'
import type { PacedClock } from './paced-clock.js'
import type { Fell, Passed } from './wire.js'

export interface FarConnectionPorts {
  readonly clock: PacedClock
  readonly pass: (name: string, mark: string | null) => Promise<Passed>
  /** Strikes this process: it dies here, stands still, or its clock jumps. */
  readonly fell: (fell: Fell) => Promise<void>
  readonly bit: (fell: Fell) => void
}

/** A real worker's way to the real ledger: each call may meet a fault on its way there, or on the way back. */
class FarConnection {
  /** Bytes that only the call has that is about to be made; null: none are known. */
  mark: string | null = null

  constructor(private readonly ports: FarConnectionPorts) {}

  async call<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { pass, fell, clock, bit } = this.ports
    const { mark } = this
    this.mark = null
    const { now, answer } = await pass(name, mark)
    if (now?.fault === 'commit_delayed') {
      // It seems lost, and is worked all the same, beside or after its twin.
      clock.timer(
        now.ms,
        () =>
          void work().then(
            (value) => matters(name, value) && bit(now),
            () => undefined,
          ),
      )
      throw new MidwatchError('ledger_away', 'The connection broke before there was an answer.')
    }
    if (now?.fault === 'ledger_slow') {
      bit(now)
      await clock.sleep(now.ms)
    } else if (now) await fell(now)
    return answer === null ? work() : this.#answered(name, work, answer)
  }

  async #answered<T>(name: string, work: () => Promise<T>, answer: Fell): Promise<T> {
    const { fell, bit } = this.ports
    if (answer.fault !== 'answer_lost') {
      const value = await work()
      await fell(answer)
      return value
    }
    // The proxy cuts the connection behind the commit. Where no bytes tell the request from others it is as if it had.
    const value = await work().catch((error: unknown) => {
      bit(answer)
      throw error
    })
    if (matters(name, value)) bit(answer)
    throw new MidwatchError('ledger_away', 'The connection broke before the answer came.')
  }

  wake(hear: (wake: Wake) => void): (wake: Wake) => void {
    return hear
  }
}

/** The ledger as a real worker reaches it. */
export function farLedger(ports: FarConnectionPorts, ledger: Ledger): Ledger {
  const connection = new FarConnection(ports)
  const over = ledgerOver(connection, ledger)
  return {
    ...over,
    // A batch is known by the salt of its first op.
    apply: (ops: readonly Op[]) => {
      connection.mark = ops[0]?.salt ?? null
      return over.apply(ops)
    },
    close: () => ledger.close(),
  }
}
