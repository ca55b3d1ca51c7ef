/** Why an attempt was aborted at its bound: providers and tools see the standard TimeoutError. */
export function tooSlow(what: string): DOMException {
  return new DOMException(`The ${what} took too long.`, 'TimeoutError')
}

export function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}
