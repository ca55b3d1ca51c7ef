import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { ROOT, say } from './paths.mjs'

const KEPT_LINES = 60
const TICK_MS = 15_000

/**
 * Runs a command quietly, saying every 15 s that it is still at it. Its output is shown only when it fails.
 * @param {string} label @param {string[]} argv @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<boolean>} whether it ended with exit code 0
 */
export async function quietly(label, argv, { cwd = ROOT, env = {} } = {}) {
  const [command = '', ...args] = argv
  const begun = Date.now()
  const seconds = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`
  say(`${label} …`)
  const tick = setInterval(() => say(`${label} … ${seconds()}`), TICK_MS)
  const { code, output } = await collect(command, args, { cwd, env })
  clearInterval(tick)
  if (code === 0) say(`${label}: done in ${seconds()}`)
  else say(`${output.split('\n').slice(-KEPT_LINES).join('\n')}\n${label}: failed (exit code ${code})`)
  return code === 0
}

/** @param {string} command @param {string[]} args @param {{ cwd: string, env: Record<string, string> }} options */
function collect(command, args, { cwd, env }) {
  return new Promise((resolve) => {
    // Only Windows' npm.cmd needs a shell; elsewhere arguments are passed on untouched.
    const shell = process.platform === 'win32' && command === 'npm'
    const child = spawn(command, args, { cwd, shell, env: { ...process.env, FORCE_COLOR: '0', ...env } })
    let output = ''
    const keep = (/** @type {Buffer} */ chunk) => {
      output += chunk
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => resolve({ code: 127, output: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/**
 * Runs a command in the foreground, with this process's input and output; signals are passed on.
 * @param {string[]} argv @param {{ cwd?: string }} [options] @returns {Promise<number>} its exit code (128 + n after signal n)
 */
export function run(argv, { cwd = ROOT } = {}) {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { cwd, stdio: 'inherit' })
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  // At a terminal Ctrl-C reaches the child by itself: a second one would mean "at once".
  const passOn = (/** @type {NodeJS.Signals} */ signal) => {
    if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal)
  }
  for (const signal of signals) process.on(signal, passOn)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      for (const name of signals) process.removeListener(name, passOn)
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
    })
  })
}
