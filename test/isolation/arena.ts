import pg from 'pg'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { Answer, Op } from '../../src/core/ops.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import type { Fixture } from '../../src/testing/conformance/scene.js'
import { freshDatabase, type TestDatabase } from '../database.js'

/** How a duel went. `waited`: the second stood behind a lock of the first until that one had committed. */
export interface Duel<A, B> {
  readonly first: A
  readonly second: B
  readonly waited: boolean
}

type Act<T> = (ledger: Ledger) => Promise<T>

/**
 * Whatever `first` does, it has done all of it and holds all of its locks when it comes to its commit: there a deferred
 * trigger makes it wait for a lock that the test holds. So the ledger's own statements are what is interleaved.
 */
const GATE = `
  create schema gate;
  create function gate.wait() returns trigger language plpgsql as $$
  begin
    if current_setting('application_name') = 'first' then perform pg_advisory_xact_lock_shared(7217, 1); end if;
    return null;
  end $$;
  create constraint trigger gate after insert or update on midwatch.run
    deferrable initially deferred for each row execute function gate.wait();
  create constraint trigger gate after update on midwatch.session
    deferrable initially deferred for each row execute function gate.wait();
  create constraint trigger gate after update on midwatch.escalation
    deferrable initially deferred for each row execute function gate.wait();
  create constraint trigger gate after insert on midwatch.switch_move
    deferrable initially deferred for each row execute function gate.wait();
  create constraint trigger gate after insert on midwatch.breaker_move
    deferrable initially deferred for each row execute function gate.wait()`

const STANDING = `
  select application_name as name, pg_blocking_pids(pid) && array(
      select pid from pg_stat_activity where datname = current_database() and application_name = 'first') as behind,
    exists (select from pg_locks l where l.pid = a.pid and not l.granted and l.classid = 7217) as gated
  from pg_stat_activity a where datname = current_database() and wait_event_type = 'Lock'`

/** One op as an act; its answer. */
export function apply(op: Op): Act<Answer> {
  return async (ledger) => {
    const [answer] = await ledger.apply([op])
    if (!answer) throw new RangeError('apply gave no answer')
    return answer
  }
}

/** A database with two clients that can be made to meet at a lock. */
export class Arena {
  private constructor(
    private readonly database: TestDatabase,
    private readonly referee: pg.Client,
    private readonly firsts: Ledger,
    private readonly seconds: Ledger,
    readonly fixture: Fixture,
  ) {}

  /** `prepare` changes the database before anything else: a sabotage replaces a function by a broken one. */
  static async open(prepare?: (client: pg.Client) => Promise<void>): Promise<Arena> {
    const database = await freshDatabase()
    let now = Date.UTC(2026, 0, 31, 12)
    await database.setClock(now)
    const referee = new pg.Client(database.url)
    await referee.connect()
    await referee.query(GATE)
    await prepare?.(referee)
    const named = (name: string) => postgresLedger({ url: `${database.url}?application_name=${name}` })
    const [ledger, first, second] = await Promise.all([named('calm'), named('first'), named('second')])
    const advance = async (ms: number) => {
      now += ms
      await database.setClock(now)
    }
    const close = async () => {
      await Promise.all([ledger.close(), first.close(), second.close(), referee.end()])
      await database.drop()
    }
    return new Arena(database, referee, first, second, { ledger, advance, close })
  }

  get url(): string {
    return this.database.url
  }

  /** Holds `first` at its commit, starts `second`, and lets go once that one stands behind a lock of the first, or is done. */
  async duel<A, B>(first: Act<A>, second: Act<B>, meanwhile?: () => Promise<void>): Promise<Duel<A, B>> {
    await this.referee.query('select pg_advisory_lock(7217, 1)')
    const firstDone = settling(first(this.firsts))
    try {
      await this.until(async (standing) => standing.some((one) => one.name === 'first' && one.gated), firstDone)
      await meanwhile?.()
      const secondDone = settling(second(this.seconds))
      let waited = false
      await this.until(async (standing) => {
        waited = standing.some((one) => one.name === 'second' && one.behind)
        return waited || secondDone.over
      })
      await this.letGo()
      return { first: await firstDone.result, second: await secondDone.result, waited }
    } finally {
      await this.letGo()
    }
  }

  /** What the invariants say of everything that was written. */
  async violations() {
    return (await verifyLedger(this.fixture.ledger)).violations
  }

  private async letGo(): Promise<void> {
    await this.referee.query('select pg_advisory_unlock_all()')
  }

  private async until(holds: (standing: Standing[]) => Promise<boolean>, unless?: { over: boolean }): Promise<void> {
    while (!(await holds((await this.referee.query<Standing>(STANDING)).rows))) {
      if (unless?.over) throw new RangeError('the first never came to its commit')
    }
  }
}

interface Standing {
  readonly name: string
  readonly behind: boolean
  readonly gated: boolean
}

/** A promise that can be asked whether it is over. */
function settling<T>(result: Promise<T>): { over: boolean; result: Promise<T> } {
  const state = { over: false, result }
  const end = () => {
    state.over = true
  }
  result.then(end, end)
  return state
}
