import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** Who works, how many, and who is told. */
export interface CrewOptions {
  readonly file: URL
  readonly size: number
  readonly env: Readonly<Record<string, string>>
  /** File descriptor for whatever the processes print. */
  readonly log: number
  readonly heard?: (message: unknown) => void
  /** A process died and another took its place. */
  readonly replaced?: (deadPid: number, freshPid: number) => void
}

/** A number of child processes of one program. One that dies is replaced; none outlives its parent, whose channel ends them. */
export class Crew {
  /** All that live, those that are not ready yet included. */
  readonly #living = new Set<ChildProcess>()
  readonly #ready = new Map<number, ChildProcess>()
  #leaving = false

  constructor(private readonly options: CrewOptions) {}

  /** Resolves when every process has said that it is ready. */
  async start(): Promise<void> {
    if (this.#leaving) return
    await Promise.all(Array.from({ length: this.options.size }, () => this.#enlist()))
  }

  /** Processes that are ready. */
  get pids(): number[] {
    return [...this.#ready.keys()]
  }

  /** False when there is no such process, or it is dying. */
  send(pid: number, message: object): boolean {
    return this.#ready.get(pid)?.send(message, () => undefined) ?? false
  }

  /** SIGKILL, as an out-of-memory killer sends it. Pids that are not of this crew are left alone. */
  kill(pid: number): void {
    this.#ready.get(pid)?.kill('SIGKILL')
  }

  /** From now on nobody is replaced. */
  leave(): void {
    this.#leaving = true
  }

  /** Asks every process to finish, and ends those that have not within the time. */
  async stop(withinMs: number): Promise<void> {
    this.leave()
    const living = [...this.#living]
    const gone = living.map((child) => once(child, 'exit'))
    for (const child of living) child.kill('SIGTERM')
    const alarm = setTimeout(() => {
      for (const child of living) child.kill('SIGKILL')
    }, withinMs)
    await Promise.all(gone)
    clearTimeout(alarm)
  }

  async #enlist(): Promise<number> {
    const { file, env, log, heard } = this.options
    const child = fork(file, {
      execArgv: ['--import', import.meta.resolve('tsx')],
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log, 'ipc'],
      // Ctrl-C goes to a terminal's whole group; who is to end when is the parent's to say.
      detached: true,
    })
    const pid = child.pid ?? 0
    this.#living.add(child)
    child.once('exit', () => {
      this.#living.delete(child)
      if (this.#ready.delete(pid) && !this.#leaving) void this.#replace(pid)
    })
    await ready(child)
    if (heard) child.on('message', heard)
    this.#ready.set(pid, child)
    return pid
  }

  async #replace(deadPid: number): Promise<void> {
    try {
      const freshPid = await this.#enlist()
      this.options.replaced?.(deadPid, freshPid)
    } catch (error) {
      // A substitute that is told to stop before it is ready was not needed any more.
      if (!this.#leaving) throw error
    }
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code, signal) => reject(new Error(`A worker did not start (${signal ?? code}).`)))
  })
}
