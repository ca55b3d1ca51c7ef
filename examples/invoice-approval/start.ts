import { workNight } from './night.js'

/** `node --import tsx examples/invoice-approval/start.ts` */
process.stdout.write(`${(await workNight()).join('\n')}\n`)
