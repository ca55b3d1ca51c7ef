import type { Import } from './imports.js'

/** Groups of files that import each other in a circle (Tarjan's strongly connected components), each as `a → b`. */
export function importCycles(imports: readonly Import[]): string[] {
  const targets = new Map<string, string[]>()
  for (const { from, file } of imports) {
    if (file !== undefined) targets.set(from, [...(targets.get(from) ?? []), file])
  }
  const search = new Search(targets)
  for (const file of targets.keys()) search.visit(file)
  return search.circles.map((circle) => [...circle].sort().join(' → '))
}

class Search {
  readonly circles: string[][] = []
  private readonly order = new Map<string, number>()
  private readonly stack: string[] = []

  constructor(private readonly targets: ReadonlyMap<string, readonly string[]>) {}

  /** The least order number that is reachable from `file`; `undefined` once its component is closed. */
  visit(file: string): number | undefined {
    if (this.order.has(file)) return this.stack.includes(file) ? this.order.get(file) : undefined
    const order = this.order.size
    this.order.set(file, order)
    this.stack.push(file)
    const targets = this.targets.get(file) ?? []
    const low = Math.min(order, ...targets.flatMap((target) => this.visit(target) ?? []))
    if (low === order) this.close(file, targets.includes(file))
    return low
  }

  private close(file: string, importsItself: boolean): void {
    const component = this.stack.splice(this.stack.indexOf(file))
    if (component.length > 1 || importsItself) this.circles.push(component)
  }
}
