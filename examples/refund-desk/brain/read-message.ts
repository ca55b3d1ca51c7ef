/** What a customer wants, as far as plain words say it. */
export const WISHES = ['private', 'cancel', 'refund', 'status', 'complaint'] as const
export type Wish = (typeof WISHES)[number]

/** A message as far as it was understood. */
export interface Reading {
  /** First order number in the message. */
  readonly orderId: string | null
  /** In the order in which they weigh; empty: nothing that a refund desk does. */
  readonly wishes: readonly Wish[]
  /** Dollars that the customer names. */
  readonly amount: number | null
}

const PATTERNS: readonly (readonly [Wish, RegExp])[] = [
  [
    'private',
    /\b(address|phone|password|card (number|details)|e-?mail address|birthday)\b.*\b(of|for|from)\b|whose order/,
  ],
  ['cancel', /\bcancel|\bcall off\b/],
  [
    'refund',
    /re-?f+un?d|refnud|money back|reimburs|pa(y|id) (me )?back|give .{0,20}\bback\b|charge-?back|charged (me )?(twice|double)|double[- ]charged/,
  ],
  ['status', /\bwhere\b|\bstatus\b|\btrack/],
  [
    'complaint',
    /broken|damaged|scratch|crack|\blate\b|disappoint|unhappy|complain|terrible|awful|wrong (item|size|colou?r)|defect|does(n.t| not) work|missing|incomplete/,
  ],
  ['status', /arriv|deliver|\bwhen (will|does|is|do)\b|how long|shipped/],
]

/** `I do not want a refund` wants none. */
const NEGATED =
  /\b(don.?t|do not|not|no|without|instead of|rather than)\b(\s+(want|need|like|asking|for|to|a|any|my|the|have))*\s+(refund\w*|cancel\w*|money back)/g

/** Reads a plain message: order number, wishes, amount. A pure function of the text. */
export function readMessage(text: string): Reading {
  const plain = text.toLowerCase().replaceAll('’', "'")
  const wanted = plain.replace(NEGATED, ' ')
  const wishes = PATTERNS.filter(([, pattern]) => pattern.test(wanted)).map(([wish]) => wish)
  return { orderId: orderIn(plain), wishes: [...new Set(wishes)], amount: amountIn(plain) }
}

function orderIn(plain: string): string | null {
  const named =
    /\border(?:s|ed)?\b[\s:,(]*(?:number|num|no|nr|id)?[\s.:#]*(\d{3,8})\b/.exec(plain) ?? /#\s?(\d{3,8})\b/.exec(plain)
  // Any longer number that is no money will do, for people write "1004 is broken".
  const bare = /(?<![$€£\d.,])\b(\d{4,8})\b(?!\s*(?:\$|€|£|usd|eur|dollar|buck|[.,]\d))/.exec(plain)
  return (named ?? bare)?.[1] ?? null
}

function amountIn(plain: string): number | null {
  const found =
    /[$€£]\s?(\d{1,6}(?:[.,]\d{1,2})?)\b/.exec(plain) ??
    /\b(\d{1,6}(?:[.,]\d{1,2})?)\s?(?:\$|€|£|usd|eur|dollars?|bucks)/.exec(plain) ??
    /\b(?:usd|eur)\s?(\d{1,6}(?:[.,]\d{1,2})?)\b/.exec(plain)
  return found?.[1] === undefined ? null : Number(found[1].replace(',', '.'))
}
