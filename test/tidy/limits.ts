import type { SourceFile } from '../sources.js'
import { commentLines, fileLines, functionLines, type Measured, quantile } from './measure.js'

const FILE_LINES = { median: 120, p90: 300, max: 500 }
const FUNCTION_LINES = { median: 12, p90: 40, max: 70 }
export const COMMENT_SHARE = { least: 0.1, most: 0.25 }

type Limits = typeof FILE_LINES

/** Every limit that `files` pass, with the numbers and the longest culprits; none when tidy. */
export function overLimits(files: readonly SourceFile[]): string[] {
  const functions = files.flatMap(functionLines)
  const named = functions.filter((one) => one.named)
  return [
    ...beyond('files', files.map(fileLines), FILE_LINES),
    ...beyond('functions', named, { ...FUNCTION_LINES, max: Number.POSITIVE_INFINITY }),
    ...beyond('functions', functions, {
      ...FUNCTION_LINES,
      median: Number.POSITIVE_INFINITY,
      p90: Number.POSITIVE_INFINITY,
    }),
  ]
}

function beyond(noun: string, measured: readonly Measured[], limits: Limits): string[] {
  const lines = measured.map((one) => one.lines)
  const [median, p90] = [quantile(lines, 0.5), quantile(lines, 0.9)]
  const found: string[] = []
  if (median > limits.median) found.push(`${noun}: median ${median} lines, at most ${limits.median}`)
  if (p90 > limits.p90) found.push(`${noun}: p90 ${p90} lines, at most ${limits.p90}; longest: ${longest(measured)}`)
  for (const one of measured) {
    if (one.lines > limits.max) found.push(`${one.where}: ${one.lines} lines, at most ${limits.max}`)
  }
  return found
}

function longest(measured: readonly Measured[]): string {
  const top = [...measured].sort((a, b) => b.lines - a.lines).slice(0, 8)
  return top.map((one) => `${one.where} (${one.lines})`).join(', ')
}

/** The share of filled lines that carry a comment, over all files together. */
export function commentShare(files: readonly SourceFile[]): number {
  const counts = files.map(commentLines)
  const sum = (of: 'comments' | 'filled') => counts.reduce((total, count) => total + count[of], 0)
  return sum('comments') / Math.max(1, sum('filled'))
}

/** One line to print: what the tree measures. */
export function describeMeasures(files: readonly SourceFile[]): string {
  const show = (lines: number[]) => `${quantile(lines, 0.5)}/${quantile(lines, 0.9)}/${Math.max(0, ...lines)}`
  const functions = files.flatMap(functionLines)
  const named = functions.filter((one) => one.named)
  return `files ${show(files.map((file) => fileLines(file).lines))}, functions ${show(named.map((one) => one.lines))} (median/p90/max lines), comments ${(commentShare(files) * 100).toFixed(1)} %`
}
