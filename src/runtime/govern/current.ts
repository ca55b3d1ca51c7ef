import { AsyncLocalStorage } from 'node:async_hooks'
import type { Seat } from './seat.js'

/** The governed run that the code now running belongs to: set for everything that is called within `loop.run`. */
export const currentSeat = new AsyncLocalStorage<Seat>()
