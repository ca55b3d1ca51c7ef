import { conversations, NO_OUTSIDE_DATA } from '../rehearse/outside-tasks.js'
import { playAll } from '../rehearse/play-all.js'

export const name = 'rehearse-bfcl'
export const about = '100 recorded conversations under the full catalogue of faults: in order, each write once'

const SEEDS = 20

export async function run(): Promise<{ summary: string; ok: boolean }> {
  return conversations ? playAll(conversations, SEEDS) : { summary: NO_OUTSIDE_DATA, ok: true }
}
