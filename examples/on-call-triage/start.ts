import { workNight } from './night.js'

/** `node --import tsx examples/on-call-triage/start.ts` */
process.stdout.write(`${(await workNight()).join('\n')}\n`)
