/** What a run is pinned to. */
export interface Pin {
  readonly agent: string
  readonly version: number
  /** Digest of the data of its definition. */
  readonly fingerprint: string
}

/** How workers and runs name exactly one definition: `refund-desk@2#1f0c…`. */
export function servesKey(of: { name: string; version: number; fingerprint: string }): string {
  return `${of.name}@${of.version}#${of.fingerprint}`
}

/** Every definition of one declared version: a worker whose code accepts that version serves them all. */
export function servesAny(of: { name: string; version: number }): string {
  return `${of.name}@${of.version}#*`
}

export const keyOfPin = ({ agent, version, fingerprint }: Pin): string =>
  servesKey({ name: agent, version, fingerprint })

/** Whether runs of this pin are taken up by somebody who serves these names. */
export function isServed(pin: Pin, served: ReadonlySet<string>): boolean {
  return served.has(keyOfPin(pin)) || served.has(servesAny({ name: pin.agent, version: pin.version }))
}
