import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { killGroup } from './kill-group.js'
import type { Moment } from './moment.js'

/** Ends this process for good, and whatever the tool started in its group. */
export function endSelf(): void {
  killGroup(process.pid)
}

/** A thread of its own, in plain JavaScript: it fires although the tool blocks the event loop, and needs no loader. */
const THREAD = `
const { parentPort } = require('node:worker_threads')
const LOOK_MS = 100
let timer
const end = () => {
  try { process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL') }
  finally { process.kill(process.pid, 'SIGKILL') }
}
parentPort.on('message', ({ until, mostBytes }) => {
  clearTimeout(timer)
  const look = () => {
    if (process.memoryUsage.rss() > mostBytes) {
      require('node:fs').writeSync(2, 'It took more memory than memoryMb allows, and was ended.\\n')
      end()
    }
    const left = Math.min(until.monotonic - Number(process.hrtime.bigint()) / 1e6, until.wall - Date.now())
    if (left <= 0) end()
    else timer = setTimeout(look, Math.min(Math.ceil(left), LOOK_MS))
  }
  if (until !== null) look()
})
`

/** Ends the process at a moment that can be moved, whatever its main thread is doing. */
export class Watchdog {
  private constructor(private readonly thread: Worker) {}

  static async start(): Promise<Watchdog> {
    const thread = new Worker(THREAD, { eval: true, execArgv: [], stdout: false, stderr: false })
    // Without its watchdog a child must not live.
    thread.on('error', endSelf)
    thread.on('exit', endSelf)
    await once(thread, 'online')
    thread.unref()
    return new Watchdog(thread)
  }

  /** null: no end in sight, while nothing has been asked for. `mostBytes`: memory of the whole process. */
  watch(until: Moment | null, mostBytes = Number.POSITIVE_INFINITY): void {
    this.thread.postMessage({ until, mostBytes })
  }
}
