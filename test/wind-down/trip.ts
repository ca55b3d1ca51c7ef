import { z } from 'zod'
import { fault } from '../../src/tools/fault.js'
import { tool } from '../../src/tools/tool.js'
import { says } from '../ways-out/scene.js'

const input = z.object({ id: z.string() })

/** What a travel desk does, and what takes it back; `acts` is the world's own journal of both. */
export function trip(name: (of: string) => string) {
  const acts: string[] = []
  /** What a cancellation does beside being made: by default nothing. */
  const world = {
    cancels: async (_: string): Promise<void> => undefined,
    /** What comes of a booking that was made. */
    books: async (): Promise<void> => undefined,
  }
  const cancelling = async (what: string) => {
    await world.cancels(what)
    acts.push(`-${what}`)
    return { cancelled: what }
  }
  const hotel = tool({
    ...{
      name: name('hotel'),
      description: 'Books a room.',
      input,
      effect: 'keyed',
      keyRemembered: '1h',
      timeout: '2s',
    },
    key: ({ id }) => id,
    execute: async ({ id }, call) => {
      acts.push(`+hotel ${id}`)
      return { room: `room of ${id}`, key: call.key }
    },
    undo: {
      effect: 'keyed',
      keyRemembered: '1h',
      execute: async ({ id }, result, call) => {
        if (result?.room !== `room of ${id}` || call.undoes !== id || call.key === id) throw new Error('Told wrong.')
        return cancelling(`hotel ${id}`)
      },
    },
  })
  const flight = tool({
    ...{ name: name('flight'), description: 'Books a seat.', input, effect: 'once', isolate: 'none', timeout: '2s' },
    execute: async ({ id }) => ({ seat: acts.push(`+flight ${id}`) }),
    undo: { effect: 'once', isolate: 'none', timeout: '1s', execute: async ({ id }) => cancelling(`flight ${id}`) },
  })
  /** It can be looked up. */
  const cruise = tool({
    ...{ name: name('cruise'), description: 'Books a cabin.', input, effect: 'checked', timeout: '300ms' },
    check: async ({ id }) =>
      acts.includes(`+cruise ${id}`) ? { did: 'happen', result: { cabin: id } } : { did: 'not_happen' },
    execute: async ({ id }) => {
      acts.push(`+cruise ${id}`)
      await world.books()
      return { cabin: id }
    },
    undo: {
      effect: 'checked',
      check: async ({ id }) =>
        acts.includes(`-cruise ${id}`) ? { did: 'happen', result: null } : { did: 'not_happen' },
      execute: async ({ id }, result) => cancelling(`cruise ${result?.cabin ?? id}`),
    },
  })
  /** Both ways cost a fee. */
  const ferry = tool({
    ...{ name: name('ferry'), description: 'Books a ferry.', input, effect: 'once', isolate: 'none', timeout: '2s' },
    meters: { fees: () => 2 },
    execute: async ({ id }) => ({ no: acts.push(`+ferry ${id}`) }),
    undo: {
      effect: 'once',
      isolate: 'none',
      meters: { fees: () => 2 },
      execute: async ({ id }) => cancelling(`ferry ${id}`),
    },
  })
  /** Its result is too large for an entry. */
  const tour = tool({
    ...{ name: name('tour'), description: 'Books a tour.', input, effect: 'once', isolate: 'none', timeout: '2s' },
    execute: async ({ id }) => {
      acts.push(`+tour ${id}`)
      return { stops: 'x'.repeat(20_000) }
    },
    undo: {
      effect: 'once',
      isolate: 'none',
      execute: async (_, result) => cancelling(`tour of ${result?.stops.length}`),
    },
  })
  /** A tool of the model's own that takes a room back. */
  const other = tool({
    ...{ name: name('cancel'), description: 'Cancels a room.', input, effect: 'once', isolate: 'none', timeout: '2s' },
    undoes: { tool: hotel, key: ({ id }) => id },
    execute: async ({ id }) => ({ no: acts.push(`-hotel ${id} by other`) }),
  })
  /** It cannot be called back. */
  const letter = tool({
    ...{ name: name('letter'), description: 'Posts a letter.', input, effect: 'once', isolate: 'none', timeout: '2s' },
    execute: async ({ id }) => ({ posted: acts.push(`+letter ${id}`) }),
  })
  /** It need not be. */
  const log = tool({
    ...{ name: name('log'), description: 'Writes a log.', input, effect: 'once', isolate: 'none', timeout: '2s' },
    execute: async ({ id }) => ({ logged: acts.push(`+log ${id}`) }),
    undo: 'not_needed',
  })
  return { acts, world, hotel, flight, cruise, ferry, tour, other, letter, log }
}

/** A cancellation that is refused for good. */
export const closed = () => Promise.reject(fault.permanent('closed'))

export const no = says('refuse', { reason: 'policy', say: 'No.' })
