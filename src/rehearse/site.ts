/**
 * Where in a rehearsal something can go wrong.
 * call: a worker's call is about to reach the ledger · answer: it was worked, and the answer is on its way · point: a named
 * failpoint of the engine · tool, check: a call of a tool or of its check · model: a call of a model · message: one that is
 * about to be delivered · person: a question that was opened · moment: an entry was written, whoever wrote it.
 */
export const SITE_KINDS = ['call', 'answer', 'point', 'tool', 'check', 'model', 'message', 'person', 'moment'] as const
export type SiteKind = (typeof SITE_KINDS)[number]

/** One site: its kind, and what is there (a verb with the kinds of its ops, a failpoint, the name of a tool or case). */
export interface Site {
  readonly kind: SiteKind
  readonly name: string
}

/** `kind:name`. */
export type SiteKey = `${SiteKind}:${string}`
/** A visit of a site, counted from 1 within one case: `point:after_effect#2`. */
export type Place = `${SiteKey}#${number}`

export const siteKey = ({ kind, name }: Site): SiteKey => `${kind}:${name}`
export const placeOf = (site: Site, nth: number): Place => `${siteKey(site)}#${nth}`

/** The site and the number of the visit that a place names. */
export function siteOf(place: Place): { readonly site: Site; readonly nth: number } {
  const mark = place.lastIndexOf('#')
  const colon = place.indexOf(':')
  const kind = place.slice(0, colon) as SiteKind
  return { site: { kind, name: place.slice(colon + 1, mark) }, nth: Number(place.slice(mark + 1)) }
}
