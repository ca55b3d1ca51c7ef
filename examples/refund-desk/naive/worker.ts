import { nightHere, openDesk } from '../acts/the-desk.js'
import { brainModel } from '../brain/model.js'
import { type NaiveEnd, naiveLoop } from './loop.js'

/** A worker of the naive desk: takes messages from its parent's queue, several at once, and reports how each ended. */
const desk = openDesk('naive')
const model = brainModel({ night: nightHere(), witness: async () => desk.witness })

async function work({ id, text }: { id: number; text: string }): Promise<void> {
  const report = await naiveLoop({ desk, model }, text).then(
    (end: NaiveEnd) => ({ id, end }),
    (error: unknown) => ({ id, error: error instanceof Error ? error.message : String(error) }),
  )
  process.send?.(report)
}

process.on('message', (message) => void work(message as { id: number; text: string }))
process.on('disconnect', () => process.exit())
process.on('SIGTERM', () => process.exit())
process.send?.('ready')
