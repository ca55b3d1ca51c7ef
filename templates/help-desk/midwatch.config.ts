import { defineConfig } from 'midwatch'
import { helpDesk } from './desk/agent.js'

// DATABASE_URL puts the ledger into a PostgreSQL of yours; without it an embedded one keeps it in .midwatch/
export default defineConfig({ run: [helpDesk] })
