import { type ChildProcess, fork } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sqlFolder } from '../../src/ledger/postgres/sql-files.js'
import { builtFile } from '../built.js'
import type { Asked, Told } from './scene.js'

/** Every table that steps touch, one column more; and what else a migration may bring: a table, an index, a default. */
const LATER = `
${['run', 'entry', 'worker', 'effect', 'meter', 'mail', 'session', 'tool_lock', 'switch', 'ledger']
  .map((table) => `alter table midwatch.${table} add column later text;`)
  .join('\n')}
alter table midwatch.run add column later_no bigint not null default 7;
create table midwatch.later (run_id text primary key, said text not null);
create index run_later on midwatch.run (later) where later is not null;`

/** A function that is new, and a change that shows: what the later release claims is marked, by whomever it is claimed. */
const LATER_FUNCTIONS = `
create or replace function midwatch.mark_later() returns trigger language plpgsql as $$
begin
  new.later := 'seen';
  return new;
end $$;
create or replace trigger mark_later before update of worker_id on midwatch.run for each row execute function midwatch.mark_later();`

/** A release as it is installed: its program, and its SQL beside it. */
export interface Release {
  readonly program: string
  remove(): void
}

/** This release, as it is. */
export async function thisRelease(): Promise<Release> {
  return { program: await builtFile('test/upgrade/worker.ts'), remove: () => undefined }
}

/** The one after it: the same program, with one migration more, and with functions that changed. */
export async function laterRelease(): Promise<Release> {
  const program = await builtFile('test/upgrade/worker.ts')
  const built = dirname(dirname(dirname(program)))
  const folder = mkdtempSync(join(dirname(built), 'later-'))
  for (const part of ['src', 'test/upgrade', 'package.json'])
    cpSync(join(built, part), join(folder, part), { recursive: true })
  mkdirSync(join(folder, 'sql'))
  cpSync(sqlFolder(), join(folder, 'sql'), { recursive: true })
  const newest = readdirSync(join(folder, 'sql/migrations')).sort().at(-1) ?? ''
  const number = String(Number.parseInt(newest, 10) + 1).padStart(4, '0')
  writeFileSync(join(folder, `sql/migrations/${number}_later.sql`), LATER)
  writeFileSync(join(folder, 'sql/functions/later.sql'), LATER_FUNCTIONS)
  return {
    program: join(folder, 'test/upgrade/worker.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A worker in a process of its own. */
export class Worker {
  readonly alarms: string[] = []
  readonly #child: ChildProcess
  readonly #heard: Told[] = []
  #hear: () => void = () => undefined

  constructor(release: Release, asked: Asked) {
    this.#child = fork(release.program, [JSON.stringify(asked)], { execArgv: [] })
    this.#child.on('message', (told: Told) => {
      if (told.what === 'alarm') this.alarms.push(told.says)
      else this.#heard.push(told)
      this.#hear()
    })
  }

  /** What it says next. */
  async says(): Promise<Told> {
    for (;;) {
      const told = this.#heard.shift()
      if (told) return told
      await new Promise<void>((heard) => {
        this.#hear = heard
      })
    }
  }

  async isReady(): Promise<Told> {
    this.#child.send('how are you')
    return this.says()
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const gone = new Promise((over) => this.#child.once('exit', over))
    if (this.#child.connected) this.#child.disconnect()
    await gone
  }
}
