/** Columns padded to their widest cell; numbers to the right. A cell longer than `widest` is cut with an ellipsis. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[], widest = 44): string[] {
  const cut = (cell: string) => (cell.length > widest ? `${cell.slice(0, widest - 1)}…` : cell)
  const cells = [head, ...rows].map((row) => row.map(cut))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[], index: number) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, index > 0 && isNumber(cell)))
      .join('  ')
      .trimEnd()
  const [first = '', ...rest] = cells.map(line)
  return [first, widths.map((width) => '─'.repeat(width)).join('  '), ...rest]
}

function isNumber(cell: string): boolean {
  return /^[$]?\d[\d.,]*( ?(s|ms|%))?$/.test(cell)
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width)
}
