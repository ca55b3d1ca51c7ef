import type { Detector } from './signal.js'

/** Verbs whose past does not end in -ed. */
const PAST: Readonly<Record<string, string>> = {
  buy: 'bought',
  build: 'built',
  get: 'got|gotten',
  give: 'given|gave',
  make: 'made',
  pay: 'paid',
  send: 'sent',
  set: 'set',
  put: 'put',
  spend: 'spent',
  take: 'taken|took',
  tell: 'told',
  write: 'written|wrote',
  sell: 'sold',
  withdraw: 'withdrawn|withdrew',
}

/** Verbs that people use for each other: who posted a message has sent it. */
const ALIKE: readonly (readonly string[])[] = [
  ['send', 'post', 'email', 'mail', 'message', 'notify', 'reply', 'publish', 'write', 'share', 'forward'],
  ['refund', 'pay', 'credit', 'transfer', 'reimburse', 'charge', 'issue'],
  ['cancel', 'delete', 'remove', 'revoke', 'close', 'withdraw'],
  ['update', 'change', 'modify', 'set', 'edit', 'reset', 'schedule', 'reschedule', 'adjust'],
  ['add', 'create', 'book', 'reserve', 'order', 'schedule', 'invite', 'register', 'open', 'make', 'issue'],
]

/** So much of a text is looked at. */
const LOOKED_AT = 8_000

/** One thing that may be claimed: a verb of a tool's name, and the tools that make it true. */
interface Claim {
  readonly verb: string
  readonly says: RegExp
  readonly madeTrueBy: readonly string[]
}

/** Made once for an agent, whose list it is: its runs begin often. */
const known = new WeakMap<readonly string[], readonly Claim[]>()

/**
 * The agent says that it did what one of its writing tools does, and no tool that could mean was confirmed in the run. Its
 * words are read only for first persons and passives in the perfect ("I refunded", "has been sent"); what is said of others,
 * or of earlier ("was refunded already"), is no claim. Made of the names of the tools: `issue_refund` claims issued and
 * refunded.
 */
export function unconfirmedClaim(writes: readonly string[]): Detector {
  const claims = known.get(writes) ?? claimsOf(writes)
  known.set(writes, claims)
  const confirmed = new Set<string>()
  const told = new Set<string>()
  return (happened) => {
    if (happened.kind === 'call') {
      if (happened.write && happened.ok) confirmed.add(happened.tool)
      return null
    }
    if (happened.kind === 'estimate') return null
    const text = happened.text.slice(0, LOOKED_AT)
    const empty = claims.filter(
      (claim) => claim.says.test(text) && !claim.madeTrueBy.some((tool) => confirmed.has(tool)),
    )
    if (empty.length === 0) return null
    const verbs = empty.map(({ verb }) => verb).join(', ')
    // In passing it is told once; an outcome is told each time: that is what leaves the run.
    if (happened.kind === 'reply' && told.has(verbs)) return null
    told.add(verbs)
    const tools = [...new Set(empty.flatMap(({ madeTrueBy }) => madeTrueBy))].join(', ')
    const say = `It claims to have done it (${verbs}), and the ledger holds no confirmed effect of ${tools}.`
    return { signal: 'unconfirmed_claim', steps: [happened.step], numbers: { claims: empty.length }, say }
  }
}

function claimsOf(tools: readonly string[]): readonly Claim[] {
  const verbsOf = new Map(tools.map((tool) => [tool, wordsOf(tool)]))
  const verbs = [...new Set([...verbsOf.values()].flat())]
  return verbs.map((verb) => {
    const alike = new Set([verb, ...ALIKE.filter((group) => group.includes(verb)).flat()])
    const madeTrueBy = tools.filter((tool) => verbsOf.get(tool)?.some((word) => alike.has(word)))
    return { verb, says: saying(verb), madeTrueBy }
  })
}

/** `issue_refund`, `cancelOrder`: the words of a tool's name that could be verbs. */
function wordsOf(tool: string): string[] {
  const words = tool.split(/[^a-zA-Z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase())
  return words.filter((word) => word.length > 2)
}

function saying(verb: string): RegExp {
  const done = `(?:${pastOf(verb)})\\b`
  const adverb = '(?: just| now| also| successfully)?'
  const mine = `\\b(?:I|we)(?:['’]ve| have)?${adverb} ${done}`
  const passive = `\\b(?:has|have|['’]s) been${adverb} ${done}(?! (?:already|before|earlier|previously))`
  return new RegExp(`${mine}|${passive}`, 'i')
}

function pastOf(verb: string): string {
  const irregular = PAST[verb]
  if (irregular !== undefined) return irregular
  if (verb.endsWith('e')) return `${verb}d`
  if (verb.endsWith('y')) return `${verb.slice(0, -1)}ied|${verb}ed`
  // British and American: cancelled, canceled.
  return `${verb}${verb.at(-1)}?ed`
}
