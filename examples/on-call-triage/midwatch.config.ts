import { defineConfig } from 'midwatch'
import { triageWith } from './triage.js'

/** For `midwatch mcp pin --config examples/on-call-triage/midwatch.config.ts`, which writes midwatch.mcp.json. */
export default defineConfig({ run: [triageWith()] })
