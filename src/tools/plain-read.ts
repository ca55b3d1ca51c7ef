import { LIMITS } from '../core/limits.js'
import type { ToolSpec } from './tool.js'

/** What a read is that says nothing of itself: no key, no lane, no lock, no meter. */
export const PLAIN_READ = Object.freeze({
  effect: 'read',
  output: null,
  timeoutMs: LIMITS.tool_timeout_ms,
  settlesMs: 0,
  lane: null,
  keyRememberedMs: 0,
  concurrent: false,
  repeat: null,
  isolate: 'none',
  module: null,
  people: 1,
  key: null,
  undoes: null,
  locks: null,
  meters: {},
  check: null,
} as const satisfies Partial<ToolSpec>)
