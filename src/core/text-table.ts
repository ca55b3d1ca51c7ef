/** Columns under their heads, aligned; numbers to the right, but never the first, which names the row. An empty cell is a dash, so that columns can be counted. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (cell === '' ? '-' : cell)))
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((row) => (row[i] ?? '').length)))
  const right = heads.map(
    (_, i) =>
      i > 0 &&
      cells.some((row) => row[i] !== '-') &&
      cells.every((row) => /^(-|\$?\d[\d.,]*[a-z%]*(\d[\d.]*[a-z]+)*)$/.test(row[i] ?? '')),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (right[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [heads, ...cells].map(line).join('\n')
}
