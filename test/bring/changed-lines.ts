/** Lines of the later text that do not stand in the earlier one, and the other way round: all but the longest row that both have. */
export function changedLines(before: string, after: string): { readonly added: string[]; readonly removed: string[] } {
  const [a, b] = [before.trim().split('\n'), after.trim().split('\n')]
  const shared = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const at = (i: number, j: number) => shared[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = shared[i] as number[]
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const [added, removed]: [string[], string[]] = [[], []]
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && a[i] === b[j]) [i, j] = [i + 1, j + 1]
    else if (j < b.length && (i === a.length || at(i, j + 1) >= at(i + 1, j))) added.push(b[j++] ?? '')
    else removed.push(a[i++] ?? '')
  }
  return { added, removed }
}
