import type { Chance } from '../chance.js'
import { FAULTS, type FaultName, type FaultRates } from '../fault.js'
import { KeptFates } from './kept.js'

/** How bad a night is: what its rates are multiplied by, and the most processes that it fells. */
interface Weather {
  readonly times: number
  readonly processes: number
}

/** Some nights are calm, most are bad, some are dreadful. */
const NIGHTS: readonly [Weather, ...Weather[]] = [
  { times: 0.25, processes: 1 },
  { times: 0.6, processes: 2 },
  { times: 1, processes: 2 },
  { times: 1.6, processes: 3 },
  { times: 3, processes: 4 },
]

/** The rate of a fault: its own, its layer's, or the catalogue's. */
export function rateOf(fault: FaultName, rates: FaultRates): number {
  const { layer, rate } = FAULTS[fault]
  return rates[fault] ?? (rates[layer] === 0 ? 0 : (rates[layer] ?? rate))
}

/** Faults by chance, from the seed alone: one throw for each visit, whose number decides whether and which. */
export function fatesByRates(chance: Chance, rates: FaultRates): KeptFates {
  const { times, processes } = chance.pick(NIGHTS, 'weather')
  const scaled = new Map<FaultName, number>()
  const scaledRate = (fault: FaultName) => {
    const known = scaled.get(fault) ?? Math.min(1, rateOf(fault, rates) * times)
    scaled.set(fault, known)
    return known
  }
  const sums = new Map<readonly FaultName[], number>()
  /** How likely it is that any of them strikes. Most visits are spared, and look at no fault by itself. */
  const anyRate = (may: readonly FaultName[]) => {
    const known = sums.get(may) ?? may.reduce((sum, fault) => sum + scaledRate(fault), 0)
    sums.set(may, known)
    return known
  }
  let felled = 0
  return new KeptFates((place, may) => {
    const thrown = chance.of(place)
    if (thrown >= anyRate(may)) return null
    let sum = 0
    for (const fault of may) {
      sum += scaledRate(fault)
      if (thrown >= sum) continue
      if (FAULTS[fault].layer !== 'process') return fault
      felled += 1
      return felled <= processes ? fault : null
    }
    return null
  })
}
