import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import { fingerprintOf, type ToolPin } from './pin.js'

export const PIN_FILE = 'midwatch.mcp.json'
const FORMAT = 1

/** By server, then by tool, as the server calls it. */
export type Pins = Readonly<Record<string, Readonly<Record<string, ToolPin>>>>

interface Written {
  readonly version: number
  readonly servers: Pins
}

/** Read once for each state of a file: every tool of a project asks. */
const known = new Map<string, { readonly text: string; readonly pins: Pins }>()

/** The file of this project: in this folder or the nearest above it that has one, else to be made here. */
export function pinFileFrom(folder: string): string {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, PIN_FILE)
    if (existsSync(path)) return path
    if (at === dirname(at)) return join(resolve(folder), PIN_FILE)
  }
}

/** What the file holds; nothing where there is none. Throws `mcp_pins_unreadable`. */
export function readPins(path: string): Pins {
  if (!existsSync(path)) return {}
  const text = readFileSync(path, 'utf8')
  const before = known.get(path)
  if (before?.text === text) return before.pins
  const pins = parsed(path, text)
  known.set(path, { text, pins })
  return pins
}

function parsed(path: string, text: string): Pins {
  const wrong = (why: string, cause?: unknown) =>
    new MidwatchError(
      'mcp_pins_unreadable',
      `${path}: ${why}. Take it back from version control, or remove it and run 'midwatch mcp pin'.`,
      { cause },
    )
  let written: Partial<Written> | null
  try {
    written = JSON.parse(text)
  } catch (cause) {
    throw wrong('it is no JSON', cause)
  }
  if (written?.version !== FORMAT || typeof written.servers !== 'object' || written.servers === null)
    throw wrong(`it is not of version ${FORMAT}`)
  for (const [server, tools] of Object.entries(written.servers)) {
    for (const [name, pin] of Object.entries(tools)) {
      if (pin.fingerprint !== fingerprintOf(name, pin))
        throw wrong(`the fingerprint of ${server}.${name} is not its own`)
    }
  }
  return written.servers
}

/** At once: whoever reads meanwhile sees the old file or the new one. Sorted, so that changes read well in a review. */
export function writePins(path: string, pins: Pins): void {
  const sorted = (of: object) => Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1))
  const servers = Object.fromEntries(sorted(pins).map(([name, tools]) => [name, Object.fromEntries(sorted(tools))]))
  const making = `${path}.${process.pid}.new`
  writeFileSync(making, `${JSON.stringify({ version: FORMAT, servers }, null, 2)}\n`)
  renameSync(making, path)
}
