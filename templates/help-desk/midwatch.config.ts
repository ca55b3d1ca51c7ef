import { defineConfig } from 'midwatch'
import { helpDesk } from './desk/agent.js'
import { isScripted, SCRIPTED } from './desk/model.js'

if (isScripted) console.error(SCRIPTED)

// DATABASE_URL puts the ledger into a PostgreSQL of yours; without it an embedded one keeps it in .midwatch/
export default defineConfig({ run: [helpDesk] })
