import { type Asked, type PersonSays, type Story, scenario } from 'midwatch/rehearse'
import { atDesk } from './acts/the-desk.js'
import { refundDesk, TOOLS } from './agent.js'
import { brainReplies } from './brain/model.js'
import { CASES, type Case } from './night/cases.js'
import { actsOf, type CaseDesk, caseDesk } from './rehearsal/case-desk.js'
import { brokenPromises } from './rehearsal/promises.js'

/** Messages of one case; what the channel delivers more than once has the same key each time. */
function storyOf({ name, messages }: Case): Story {
  return {
    name,
    messages: messages.flatMap(({ session, text, deliveries = 1 }, index) =>
      Array.from({ length: deliveries }, () => ({ input: { message: text }, key: `${name}:${index}`, session })),
    ),
  }
}

/** The tools' own code, on the case's desk. */
function toolsOn({ desk }: CaseDesk) {
  return Object.fromEntries(
    TOOLS.map(({ name, spec }) => {
      const { execute, check } = spec
      return [
        name,
        {
          execute: (input: unknown, call: object) => execute(input, atDesk(desk, call) as never),
          ...(check && { check: (input: unknown, call: object) => check(input, atDesk(desk, call) as never) }),
        },
      ]
    }),
  )
}

/** Approves what the night's person would, looks into the books where nobody else can, and lets the rest lie. */
function onDuty({ escalation, happened }: Asked<CaseDesk>): PersonSays | null {
  const by = 'nina'
  if (escalation.kind === 'doubt') return { decision: happened ? 'happened' : 'not_happened', by }
  const of = CASES.find(({ orderId }) => orderId !== '' && escalation.show.includes(`"orderId":"${orderId}"`))
  return of?.person === 'approves' ? { decision: 'approve', by } : null
}

/** The refund desk, put through what `midwatch rehearse` has: its real tools and rules, in a shop that is new for each case. */
export const rehearsal = scenario<CaseDesk>({
  name: 'refund-desk',
  run: [refundDesk],
  stories: CASES.map(storyOf),
  world: caseDesk,
  model: (_, { desk, night }) => brainReplies({ night, witness: async () => desk.witness }),
  tools: toolsOn,
  acts: actsOf,
  people: onDuty,
  lanes: { payments: { perWorker: 8 } },
  secrets: { PAYMENTS_TOKEN: 'a-token-for-the-rehearsal' },
  expect: { spend: '$0.50', never: [/@example\.com/], that: brokenPromises },
})
