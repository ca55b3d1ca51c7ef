import type { BreakersOptions } from '../../src/govern/containment.js'
import { Fleet } from './fleet.js'

/** How long and how hard. */
export interface Outage {
  readonly perSecond: number
  /** Of the breaker, whole seconds; the dead endpoint is counted after one of it. */
  readonly windowS: number
  readonly countedMs: number
}

/** What reached the dead endpoint, and how it came back. */
export interface Counted {
  /** After one window of the outage. */
  readonly requests: number
  /** From the endpoint's recovery to the breaker's, and to the end of the last run. */
  readonly closedMs: number
  readonly endedMs: number
  readonly ends: Readonly<Record<string, number>>
  readonly violations: number
}

/** The same load on two workers, with a breaker or without. Nobody touches anything but the endpoint. */
async function night({ perSecond, windowS, countedMs }: Outage, hasBreaker: boolean): Promise<Counted> {
  const breakers: BreakersOptions = { window: `${BigInt(windowS)}s`, coolDown: '1s', coolDownMost: '4s', probes: 1 }
  const fleet = await Fleet.open(hasBreaker && breakers)
  try {
    await fleet.load(perSecond, 500)
    fleet.isDead = true
    const died = performance.now()
    await fleet.load(perSecond, windowS * 1_000 + countedMs)
    const requests = fleet.askedIn(died + windowS * 1_000, countedMs)
    fleet.isDead = false
    const alive = performance.now()
    if (hasBreaker) await fleet.breakerIs('closed')
    const closedMs = performance.now() - alive
    const ends = await fleet.ended()
    const endedMs = performance.now() - alive
    return { requests, closedMs, endedMs, ends, violations: (await fleet.violations()).length }
  } finally {
    await fleet.close()
  }
}

export interface Compared {
  readonly bare: Counted
  readonly contained: Counted
  /** How much less reached the dead endpoint, from 0 to 1. */
  readonly fall: number
}

export async function compared(outage: Outage): Promise<Compared> {
  const [bare, contained] = await Promise.all([night(outage, false), night(outage, true)])
  return { bare, contained, fall: 1 - contained.requests / bare.requests }
}

/** Counts alone, whatever the machine is doing: the same runs meet a dead provider, with a breaker that knows it and without one. */
export async function counted(runs: number): Promise<{ readonly bare: number; readonly contained: number }> {
  const [bare, contained] = await Promise.all([askedBare(runs), askedContained(runs)])
  return { bare, contained }
}

async function askedBare(runs: number): Promise<number> {
  const fleet = await Fleet.open(false)
  try {
    fleet.isDead = true
    await fleet.start(runs)
    await fleet.ended()
    return fleet.asked.length
  } finally {
    await fleet.close()
  }
}

/**
 * As many runs come before it opens, and keep asking. Counted is from its second opening, when nothing from before the first
 * can be under way, to its fourth: only probes can be among it.
 */
async function askedContained(runs: number): Promise<number> {
  const fleet = await Fleet.open({ coolDown: '1s', coolDownMost: '2s', probes: 1 })
  try {
    fleet.isDead = true
    await fleet.start(runs)
    await fleet.breakerIs('open', 2)
    const before = fleet.asked.length
    await fleet.start(runs)
    await fleet.breakerIs('open', 6)
    const contained = fleet.asked.length - before
    fleet.isDead = false
    await fleet.breakerIs('closed')
    await fleet.ended()
    return contained
  } finally {
    await fleet.close()
  }
}
