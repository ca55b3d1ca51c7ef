import { isTest, type SourceFile } from '../sources.js'

interface TextRule {
  readonly why: string
  readonly pattern: RegExp
  readonly appliesTo: (path: string) => boolean
}

const everywhere = () => true
// Put together from pieces, so that this file keeps its own rules.
const RULES: readonly TextRule[] = [
  { why: 'do it or drop it', pattern: new RegExp(`\\b(${'TO'}DO|${'FIX'}ME|X${'XX'})\\b`), appliesTo: everywhere },
  {
    why: 'a path of one machine',
    pattern: new RegExp(`(^|[^\\w.])/(${'wo'}rk/\\w|${'ho'}me/\\w|${'ro'}ot/\\w|${'Us'}ers/\\w)|[A-Z]:\\\\${'Us'}ers`),
    appliesTo: everywhere,
  },
  {
    // What needs a platform or root says so by `runIf`, and is counted as skipped elsewhere.
    why: 'a test that may not run',
    pattern: /\b(it|test|describe|bench)(\.\w+)*\.(skip|skipIf|only|todo|fails)\b|\bx(it|describe)\(/,
    appliesTo: isTest,
  },
]

/** Every line of `file` that breaks a rule of text, as `path:line why`. */
export function badTexts(file: SourceFile): string[] {
  return RULES.filter((rule) => rule.appliesTo(file.path)).flatMap(({ why, pattern }) =>
    file.text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1} ${why}: ${line.trim()}`] : [])),
  )
}
