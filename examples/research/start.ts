import { workNight } from './night.js'

/** `node --import tsx examples/research/start.ts` */
process.stdout.write(`${(await workNight()).join('\n')}\n`)
