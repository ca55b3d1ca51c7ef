import type pg from 'pg'
import type { CheckName } from './checks.js'

/** A function of the ledger with one thing wrong, and the check that must notice. */
export interface Broken {
  readonly what: string
  readonly routine: string
  /** What stands in its text, each exactly once, and what is put there; `there`: in another routine's text. */
  readonly changes: readonly (readonly [from: string, to: string, there?: string])[]
  readonly noticedBy: CheckName
}

/** Replaces functions by their broken variants; fails when a text is not what the change expects. */
export async function breakIt(client: pg.Client, { what, routine, changes }: Broken): Promise<void> {
  const source =
    'select pg_get_functiondef(p.oid) as text from pg_proc p where p.pronamespace = $1::regnamespace and p.proname = $2'
  for (const [from, to, there = routine] of changes) {
    const { rows } = await client.query(source, ['midwatch', there])
    const pieces: string[] = rows[0].text.split(from)
    if (pieces.length !== 2)
      throw new RangeError(`'${what}': its change fits ${pieces.length - 1} places of ${there}: ${from}`)
    await client.query(pieces.join(to))
  }
}
