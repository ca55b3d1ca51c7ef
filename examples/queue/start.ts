import { workNight } from './night.js'

/** `node --import tsx examples/queue/start.ts` */
const names = ['plain refund', 'plain cancellation', 'lost answer', 'delivered twice', 'two sessions', 'storm 1']
process.stdout.write(`${(await workNight({ home: '.midwatch', names })).join('\n')}\n`)
