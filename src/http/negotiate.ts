import type { Endpoint } from './endpoint.js'
import { problem } from './problem.js'

/** Throws `not_acceptable` where no form that the endpoint answers in is accepted. */
export function mustAccept(request: Request, { answers }: Endpoint): void {
  const accepted = request.headers.get('accept')
  if (accepted === null || accepted.trim() === '') return
  const types = Object.values(answers).map(({ type = 'application/json' }) => type)
  if (types.some((type) => isAccepted(accepted, type))) return
  throw problem('not_acceptable', `This route answers as ${[...new Set(types)].join(' or ')}.`)
}

/** By the most exact range that covers the type, as RFC 9110 has it: `*\/*;q=0, text/plain` leaves `text/plain`. */
function isAccepted(accepted: string, type: string): boolean {
  const [family = ''] = type.split('/')
  const ranges = accepted.split(',').map(rangeOf)
  for (const range of [type, `${family}/*`, '*/*']) {
    const found = ranges.find((one) => one.range === range)
    if (found) return found.quality > 0
  }
  return false
}

function rangeOf(text: string): { range: string; quality: number } {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((one) => one.startsWith('q='))
  return { range, quality: quality === undefined ? 1 : Number(quality.slice(2)) }
}
