import { describe, expect, it } from 'vitest'
import { isProduct, isTypeScript, readSources, type SourceFile } from './sources.js'
import { COMMENT_SHARE, commentShare, describeMeasures, overLimits } from './tidy/limits.js'
import { commentLines, functionLines, quantile } from './tidy/measure.js'
import { badNames, wordsOf } from './tidy/names.js'
import { badTexts } from './tidy/texts.js'

const MEASURED_FOLDERS = ['src', 'console', 'bench', 'examples']
const TEXTS = /\.(tsx?|mjs|md|sql|json|ya?ml|html|css)$|^\.ci\//

const product = MEASURED_FOLDERS.flatMap((folder) => readSources(folder, isProduct))
const source = product.filter(({ path }) => path.startsWith('src/'))
const made = (path: string, text: string): SourceFile => ({ path, text })

describe('the tree keeps its limits', () => {
  it('files and functions stay at human size', () => {
    const over = overLimits(product)
    expect(over, over.length > 0 ? describeMeasures(product) : '').toEqual([])
  })

  it('comments are neither scarce nor noise', () => {
    const share = commentShare(source)
    const isBetween = share >= COMMENT_SHARE.least && share <= COMMENT_SHARE.most
    expect(isBetween, isBetween ? '' : describeMeasures(source)).toBe(true)
  })

  it('names say something, in the words of the glossary, units last', () => {
    const all = [...product, ...readSources('test', isTypeScript), ...readSources('scripts', () => true)]
    expect(all.flatMap(badNames)).toEqual([])
  })

  it('nothing is put off, skipped or tied to one machine', () => {
    expect(readSources('', (path) => TEXTS.test(path)).flatMap(badTexts)).toEqual([])
  })
})

describe('each limit can fail', () => {
  const lines = (count: number) =>
    Array.from({ length: count }, (_, line) => `export const a${line} = ${line}`).join('\n')
  const body = (count: number) => `function long() {\n${'  work()\n'.repeat(count - 2)}}`

  it('a file one line too long', () => {
    expect(overLimits([made('a.ts', lines(500)), made('b.ts', ''), made('c.ts', '')]).join()).not.toContain(
      'at most 500',
    )
    expect(overLimits([made('a.ts', lines(501)), made('b.ts', ''), made('c.ts', '')]).join()).toContain(
      'a.ts: 501 lines, at most 500',
    )
  })

  it('files too long in the middle, and nearly all of them', () => {
    expect(overLimits([made('a.ts', lines(121))]).join()).toContain('median 121 lines')
    expect(overLimits([made('a.ts', lines(301))]).join()).toContain('p90 301 lines')
  })

  it('a function or a callback one line too long', () => {
    expect(overLimits([made('a.ts', body(71))]).join()).toContain('a.ts:1 long: 71 lines')
    expect(overLimits([made('a.ts', `run(${body(71).replace('long', '')})`)]).join()).toContain('(callback): 71 lines')
  })

  it('functions too long in the middle, and nearly all of them', () => {
    expect(overLimits([made('a.ts', body(13))]).join()).toContain('functions: median 13 lines')
    expect(overLimits([made('a.ts', body(41))]).join()).toContain('functions: p90 41 lines')
  })

  it('a comment is counted where it is one, and nowhere else', () => {
    const text =
      "/** One.\n * Two. */\nconst a = 'http://a' // three\n\nconst b = `// /* */`\nconst c = /[/]/ // four\n"
    expect(commentLines(made('a.ts', text))).toEqual({ comments: 4, filled: 5 })
  })

  it('methods, accessors, arrows and callbacks are all functions', () => {
    const text =
      'class A { constructor() {} get b() { return 1 } c() {} d = () => 1 }\nconst e = () => [1].map((x) => x)'
    const found = functionLines(made('a.ts', text))
    expect(found.map((one) => one.where.split(' ')[1])).toEqual(['constructor', 'b', 'c', 'd', 'e', '(callback)'])
  })

  it.each([
    ['src/utils.ts', '', "'utils' names nothing"],
    ['src/common/a.ts', '', "'common' names nothing"],
    ['a.ts', 'class RunManager {}', "'manager' names nothing"],
    ['a.ts', 'const retryHelper = 1', "'helper' names nothing"],
    ['a.ts', 'function startWorkflow() {}', 'say flow, not workflow'],
    ['a.ts', 'interface A { bot: string }', 'say agent, not bot'],
    ['a.ts', 'function a(threadKey: string) {}', 'say session, not thread'],
    ['a.ts', 'const msLease = 1', 'the unit ms stands last'],
    ['a.ts', 'interface A { timeout_ms_max: number }', 'the unit ms stands last'],
  ])('a bad name in %s: %s', (path, text, why) => {
    expect(badNames(made(path, text)).join()).toContain(why)
  })

  it('good names pass: units last, rates, imported names, other meanings', () => {
    const text =
      "import { threadId } from 'node:worker_threads'\nconst leaseMs = 1\nconst MS_PER_DAY = 2\nconst secondsOf = () => 3\nconst watchThread = threadId"
    expect(badNames(made('a.ts', text))).toEqual([])
    expect(wordsOf('HTTPServer_leaseMs')).toEqual(['http', 'server', 'lease', 'ms'])
  })

  it('put-off work, skipped tests and machine paths', () => {
    const put = ['TO', 'DO'].join('')
    const skipped = `${'it'}.skip('a')\n${'describe'}.concurrent.only('b')\n${'test'}.skipIf(c)('d')`
    expect(badTexts(made('a.ts', `// ${put}: later`))).toHaveLength(1)
    expect(badTexts(made('a.test.ts', skipped))).toHaveLength(3)
    expect(badTexts(made('a.md', ['see /wo', 'rk/there or /ho', 'me/ann'].join('')))).toHaveLength(1)
    expect(badTexts(made('a.md', 'a 0700 folder such as /root, https://x.org/home/a'))).toEqual([])
  })

  it('the quantile is a number that was measured', () => {
    expect([0.5, 0.9, 1].map((share) => quantile([5, 1, 4, 2, 3], share))).toEqual([3, 5, 5])
  })
})
