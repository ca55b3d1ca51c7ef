import type { BeginOp, Op, SettleOp } from '../../core/ops.js'
import { type Alone, Heads } from './heads.js'

/** What a run does at a time: the settle of an open begin, its next begin, or both, one behind the other. */
export interface Stride {
  readonly settle: SettleOp | null
  readonly begin: BeginOp | null
  /** Of its first op in the batch, from 1. */
  readonly place: number
}

/** No text of a stride has these two: JSON writes them otherwise, and what has them all the same is worked by itself. */
const [BEFORE, NONE] = ['\x1e', '\x1d']
/** Parameters that are texts of all strides, one behind the other: to escape each as an array wants it costs both sides more. */
const TEXTS: ReadonlySet<number> = new Set([4, 8, 9, 10, 11, 14, 15, 16, 17, 18, 19])
const parameter = (no: number): string =>
  TEXTS.has(no) ? `(string_to_array($${no}, E'\\x1e', E'\\x1d'))[2:]` : `$${no}`

/** A batch as one statement takes it: strides in columns, whatever else there is as JSON. */
export const APPLY = `select at, answers from midwatch.apply(${Array.from({ length: 19 }, (_, i) => parameter(i + 1)).join(', ')})`

/** The parameters of APPLY. */
export function batchOf(ops: readonly Op[]): unknown[] {
  const { strides, alone } = splitUp(ops)
  const heads = new Heads()
  const settle = <T>(of: (op: SettleOp) => T) => strides.map((one) => one.settle && of(one.settle))
  const begin = <T>(of: (op: BeginOp) => T) => strides.map((one) => one.begin && of(one.begin))
  const first = strides.map((one) => (one.settle ?? one.begin) as SettleOp | BeginOp)
  const shapes = begin((op) => heads.shapeOf(op))
  return [
    heads.text(strides.length, alone),
    alone.map(({ op }) => op.body),
    numbers(strides.map((one) => one.place)),
    texts(first.map((op) => op.runId)),
    numbers(first.map((op) => op.fence)),
    numbers(first.map((op) => op.seq)),
    numbers(settle((op) => op.ref)),
    texts(settle((op) => op.did)),
    texts(settle((op) => JSON.stringify(op.used).slice(1, -1))),
    texts(settle((op) => op.salt)),
    texts(settle((op) => op.body)),
    numbers(shapes),
    numbers(begin((op) => op.timeoutMs + op.settlesMs)),
    texts(begin((op) => op.step)),
    texts(begin((op) => op.effect?.tool ?? null)),
    texts(begin((op) => op.effect?.key ?? null)),
    texts(begin((op) => op.effect?.args ?? null)),
    texts(begin((op) => op.salt)),
    texts(begin((op) => op.body)),
  ]
}

/** As PostgreSQL reads an array. */
const numbers = (list: readonly (number | null)[]) => `{${list.map((one) => one ?? 'NULL').join(',')}}`

/** Each with what stands before it, so that one empty text is told from none at all. */
function texts(list: readonly (string | null)[]): string {
  let all = ''
  for (const one of list) all += BEFORE + (one ?? NONE)
  return all
}

const hasNoMark = (text: string): boolean => !text.includes(BEFORE) && !text.includes(NONE)

/** A run's ops make a stride when there is nothing else of it in the batch, and nothing in them that wants a closer look. */
function splitUp(ops: readonly Op[]): { readonly strides: Stride[]; readonly alone: Alone[] } {
  const count = new Map<string, number>()
  for (const { runId } of ops) count.set(runId, (count.get(runId) ?? 0) + 1)
  const strides: Stride[] = []
  const alone: Alone[] = []
  for (let i = 0; i < ops.length; i += 1) {
    const op = ops[i] as Op
    const stride = strideAt(ops, i, count.get(op.runId) ?? 0)
    if (!stride) alone.push({ op, place: i + 1 })
    else if (strides.push(stride) && stride.settle && stride.begin) i += 1
  }
  return { strides, alone }
}

function strideAt(ops: readonly Op[], i: number, count: number): Stride | null {
  const [op, next] = [ops[i] as Op, ops[i + 1]]
  const place = i + 1
  if (count === 1 && op.kind === 'begin' && isPlain(op)) return { settle: null, begin: op, place }
  if (op.kind !== 'settle' || op.saw || !canStandInLine(op)) return null
  if (count === 1) return { settle: op, begin: null, place }
  const rides = count === 2 && next?.kind === 'begin' && next.runId === op.runId && isPlain(next)
  return rides && next.fence === op.fence && next.seq === op.seq + 1 ? { settle: op, begin: next, place } : null
}

const canStandInLine = ({ runId, salt, body }: Op): boolean => hasNoMark(runId) && hasNoMark(salt) && hasNoMark(body)

function isPlain(op: BeginOp): boolean {
  const { step, effect, locks, supersedes, charges, approval } = op
  const names = effect ? `${step}${effect.tool}${effect.key}${effect.args}` : step
  // A text in a column would go out with its lone surrogates replaced; as JSON it is refused, as it must be.
  if (!names.isWellFormed() || !hasNoMark(names) || !canStandInLine(op)) return false
  // A run below others is worked by itself.
  if (charges.some((one) => one.at === 'above')) return false
  if (effect && (effect.saw || effect.undoes || effect.resend === 'early')) return false
  return (locks?.length ?? 0) === 0 && supersedes === undefined && approval === undefined
}
