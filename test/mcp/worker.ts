/** A real worker for the scene of MCP servers: `worker.ts URL FOLDER [SAYS]`. */
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { Scene } from './scene.js'

const [url = '', folder = '', says] = process.argv.slice(2)
const ledger = await postgresLedger({ url, poolSize: 3 })
const worker = { lease: '2s', name: `mcp-${process.pid}` } as const
const mw = await assemble({ run: new Scene(folder, says).flows(), worker, alarm: () => undefined }, { ledger })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
