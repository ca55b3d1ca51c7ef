/** A broken build that a simulation cannot see, and the test that does. */
export interface SeenElsewhere {
  readonly what: string
  /** Why no rehearsal shows it. */
  readonly because: string
  readonly file: string
  readonly test: string
}

const SQL = 'test/sabotage/broken.ts'
const MODEL = 'test/ledger-model/sabotage.ts'
const ATOMIC = 'A simulated ledger is atomic: nothing comes between its lock and its read.'
const GUARDED = 'A second rule of the kernel stands behind it, so that a case alone has no ill effect.'

/** Each is a sabotage of the SQL or of the memory ledger, under the name by which its own test finds it. */
export const SEEN_ELSEWHERE: readonly SeenElsewhere[] = [
  {
    what: 'kill read in the lock’s statement',
    because: ATOMIC,
    file: SQL,
    test: 'a kill is read before its lock is had',
  },
  {
    what: 'effect insert and read in one',
    because: ATOMIC,
    file: SQL,
    test: 'a stride’s key is inserted and read in one statement',
  },
  { what: 'mail forgotten at park', because: ATOMIC, file: SQL, test: 'a park forgets the mail that it did not see' },
  {
    what: 'question read before its lock',
    because: ATOMIC,
    file: SQL,
    test: 'an answer reads its question before the lock of its run',
  },
  {
    what: 'session read without a lock',
    because: ATOMIC,
    file: SQL,
    test: 'an admission reads its session without a lock',
  },
  { what: 'twin before fence', because: GUARDED, file: MODEL, test: 'twin before fence' },
  { what: 'stale settle dropped', because: GUARDED, file: MODEL, test: 'stale settle dropped' },
  { what: 'doubt without attempt check', because: GUARDED, file: MODEL, test: 'doubt without attempt check' },
  { what: 'key without tenant', because: GUARDED, file: MODEL, test: 'key without tenant' },
  {
    what: 'event sets due_at of a running run',
    because: GUARDED,
    file: MODEL,
    test: 'event sets due_at of a running run',
  },
  { what: 'settle that needs no open begin', because: GUARDED, file: MODEL, test: 'settle that needs no open begin' },
]
