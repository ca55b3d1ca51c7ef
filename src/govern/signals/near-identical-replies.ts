import type { Detector } from './signal.js'
import { SIGNAL_THRESHOLDS } from './thresholds.js'

interface Reply {
  readonly step: string
  readonly words: ReadonlySet<string>
}

/** So much of a reply is looked at: constant work, however long it is. */
const LOOKED_AT = 2_000

/**
 * The model says what it said before, in nearly the same words, and does nothing: an apology loop, for one. Of words that come
 * with a call it is the call that matters.
 */
export function nearIdenticalReplies(): Detector {
  const {
    near_identical_share: share,
    near_identical_times: times,
    near_identical_window: window,
    near_identical_words: least,
  } = SIGNAL_THRESHOLDS
  let last: Reply[] = []
  return (happened) => {
    if (happened.kind !== 'reply' || happened.calls > 0) return null
    const words = wordsOf(happened.text)
    if (words.size < least) return null
    const reply = { step: happened.step, words }
    const alike = [...last.filter((one) => sharedWords(one.words, words) >= share), reply]
    last = [...last, reply].slice(-window)
    if (alike.length < times) return null
    last = []
    const say = `The model gave nearly the same reply ${alike.length} times.`
    return {
      signal: 'near_identical_replies',
      steps: alike.map(({ step }) => step),
      numbers: { times: alike.length },
      say,
    }
  }
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .slice(0, LOOKED_AT)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [],
  )
}

/** What share of all words of either stands in both (Jaccard). */
function sharedWords(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = [...a].filter((word) => b.has(word)).length
  return both / (a.size + b.size - both)
}
