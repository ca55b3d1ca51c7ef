import { MidwatchError } from '../../core/errors.js'
import { FAULT_LAYERS, FAULT_NAMES, FAULTS, type FaultLayer, type FaultName, type Strike } from '../fault.js'
import { type Place, SITE_KINDS, siteOf } from '../site.js'

/** `crash@point:after_effect#1`: how a strike is written on a command line. */
export function showStrike({ fault, place }: Strike): string {
  return `${fault}@${place}`
}

/** Reads a strike as `showStrike` writes it. Throws `usage` with what is wrong and what there is. */
export function readStrike(text: string): Strike {
  const at = text.indexOf('@')
  const [fault, place] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)]
  if (at < 0) throw miswritten(text, `write it as FAULT@KIND:NAME#VISIT`)
  if (!isFault(fault)) throw miswritten(text, `there is no fault '${fault}'; there are ${FAULT_NAMES.join(', ')}`)
  const { site, nth } = siteOf(place as Place)
  const named = place.includes(':') && place.includes('#') && site.name !== ''
  if (!named || !SITE_KINDS.includes(site.kind))
    throw miswritten(text, `a place is one of ${SITE_KINDS.join(', ')}, as KIND:NAME#VISIT`)
  if (!Number.isSafeInteger(nth) || nth < 1) throw miswritten(text, 'visits are counted from 1')
  const allowed: readonly string[] = FAULTS[fault].at
  if (!allowed.includes(site.kind)) throw miswritten(text, `'${fault}' strikes at ${allowed.join(', ')}`)
  return { fault, place: place as Place }
}

/** Faults named by themselves or by their layer. Throws `usage`. */
export function readFaults(text: string): FaultName[] {
  const words = text.split(',').map((word) => word.trim())
  const found = words.flatMap((word) => {
    if (isFault(word)) return [word]
    if (!(FAULT_LAYERS as readonly string[]).includes(word)) {
      throw miswritten(
        word,
        `it is neither a layer (${FAULT_LAYERS.join(', ')}) nor a fault (${FAULT_NAMES.join(', ')})`,
      )
    }
    return inLayer(word as FaultLayer)
  })
  return [...new Set(found)]
}

/** Those of a layer, but for those that strike only where they are named themselves. */
function inLayer(layer: FaultLayer): FaultName[] {
  return FAULT_NAMES.filter((name) => FAULTS[name].layer === layer && FAULTS[name].rate > 0)
}

const isFault = (word: string): word is FaultName => Object.hasOwn(FAULTS, word)

function miswritten(text: string, why: string): MidwatchError {
  return new MidwatchError('usage', `'${text}': ${why}.`)
}
