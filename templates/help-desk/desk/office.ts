// What the desk works with: your directory, your ticket system, your supplier. All of it stands in for theirs, so that the
// project runs before you have put their clients here. What is done is written into office.jsonl, a line for each deed.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

const BOOK = process.env.OFFICE_BOOK ?? 'office.jsonl'

export interface Employee {
  readonly email: string
  readonly name: string
  readonly team: string
}

const EMPLOYEES: readonly Employee[] = [
  { email: 'ann@example.com', name: 'Ann', team: 'sales' },
  { email: 'bob@example.com', name: 'Bob', team: 'platform' },
]

interface Deed {
  readonly deed: 'note' | 'access' | 'order'
  readonly key: string
  readonly id: string
}

function deeds(): Deed[] {
  if (!existsSync(BOOK)) return []
  return readFileSync(BOOK, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

function write(deed: Deed['deed'], key: string, what: object): { id: string } {
  const id = `${deed}-${deeds().length + 1}`
  appendFileSync(BOOK, `${JSON.stringify({ deed, id, key, ...what })}\n`)
  return { id }
}

export const office = {
  employee: async (email: string): Promise<Employee | null> => EMPLOYEES.find((one) => one.email === email) ?? null,
  /** The ticket system knows its keys: a second note under one key is none. */
  note: async (email: string, text: string, key: string): Promise<{ id: string }> =>
    deeds().find((one) => one.deed === 'note' && one.key === key) ?? write('note', key, { email, text }),
  grant: async (email: string, system: string, key: string): Promise<{ id: string }> =>
    write('access', key, { email, system }),
  /** The directory can be asked what became of a call. */
  granted: async (key: string): Promise<{ id: string } | null> =>
    deeds().find((one) => one.deed === 'access' && one.key === key) ?? null,
  /** Orders go to the supplier by e-mail: there is nobody to ask whether one arrived. */
  order: async (email: string, item: string, usd: number, key: string): Promise<{ id: string }> =>
    write('order', key, { email, item, usd }),
}
