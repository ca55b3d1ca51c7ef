import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Knows who is alive. When its input ends, this process is gone, however that came; it ends those who are left, stopped ones
 * among them, who could not do it themselves. Each leads a group of its own.
 */
const SCRIPT = `trap '' INT TERM HUP
alive=' '
home=''
while read -r what pid; do
  case $what in
    born) alive="$alive$pid " ;;
    gone) alive=$(printf %s "$alive" | sed "s/ $pid / /") ;;
    home) home=$pid ;;
  esac
done
for pid in $alive; do kill -KILL "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null; done
while [ -n "$home" ] && [ -e "$home" ]; do
  pid=$(head -1 "$home/data/postmaster.pid" 2>/dev/null)
  if [ -n "$pid" ]; then kill -INT "$pid" 2>/dev/null || rm -f "$home/data/postmaster.pid"; else rm -rf "$home"; fi
  sleep 0.2
done
exit 0`

/** Ends the processes of a rehearsal when this one is gone, and the database server that was started for it. */
export class Warden {
  readonly #shell: ChildProcess
  readonly #alive = new Set<number>()
  readonly #atExit = () => this.#endAll()

  constructor() {
    this.#shell = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    this.#shell.on('error', () => undefined)
    this.#shell.stdin?.on('error', () => undefined)
    this.#shell.unref()
    const { stdin } = this.#shell
    if (stdin && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
    process.on('exit', this.#atExit)
  }

  born(pid: number): void {
    this.#alive.add(pid)
    this.#shell.stdin?.write(`born ${pid}\n`)
  }

  gone(pid: number): void {
    this.#alive.delete(pid)
    this.#shell.stdin?.write(`gone ${pid}\n`)
  }

  /** A folder of a database server that is to go with this process; without spaces. */
  keeps(home: string): void {
    this.#shell.stdin?.write(`home ${home}\n`)
  }

  /** Ends whoever is left. What it keeps must be gone by then, or goes now. */
  close(): void {
    process.off('exit', this.#atExit)
    this.#endAll()
    this.#shell.stdin?.end()
  }

  #endAll(): void {
    for (const pid of this.#alive) endGroup(pid)
  }
}

/** At once, with all that it started; stopped or not. */
export function endGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL')
      return
    } catch {
      // No such group: the process itself; no such process: it is gone.
    }
  }
}
