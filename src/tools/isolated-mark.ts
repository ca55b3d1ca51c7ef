/** Of the whole process, whichever copy of this package looks: the module may have been given another. */
const MARK = Symbol.for('midwatch.isolated')

/** Says that this process was made for one tool's call. */
export function markIsolated(): void {
  Reflect.set(globalThis, MARK, true)
}

/** True in a child that was made for one tool's call: it must not become a worker, or each child would have children. */
export function isIsolated(): boolean {
  return Reflect.get(globalThis, MARK) === true
}
