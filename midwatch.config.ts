import { defineConfig } from 'midwatch'
import { refundDesk } from './examples/refund-desk/agent.js'

// The provider of the example takes any token; a real one is set in the environment.
process.env.PAYMENTS_TOKEN ??= 'a-token-for-the-example'

export default defineConfig({ run: [refundDesk], lanes: { payments: { perWorker: 8 } } })
