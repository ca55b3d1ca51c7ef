import type { Mood } from '../brain/moods.js'

/** What happens to a case outside the model. */
export type Trouble =
  | 'none'
  | 'lost_answer'
  | 'storm'
  | 'broken'
  | 'slow'
  | 'worker_killed'
  | 'lost_credit'
  | 'long_history'

/** One message of a customer, as it comes in by some channel. */
export interface CaseMessage {
  readonly session: string
  readonly text: string
  /** How often the channel delivers it, at once. */
  readonly deliveries?: number
}

/** One story of the night: what the customer writes, what goes wrong, who helps. */
export interface Case {
  readonly name: string
  /** '' where the customer names none. */
  readonly orderId: string
  readonly messages: readonly CaseMessage[]
  readonly trouble: Trouble
  readonly mood: Mood
  /** What it shows, for the report. */
  readonly shows: string
  /** approves: the night's person says yes to the refund · happened: the person has looked and says that it happened. */
  readonly person?: 'approves' | 'happened'
}

type Extra = Partial<Pick<Case, 'trouble' | 'mood' | 'person'>>

/** A case of one message in a session of its own. */
function one(name: string, orderId: string, shows: string, text: string, extra: Extra = {}): Case {
  return { name, orderId, shows, messages: [{ session: name, text }], trouble: 'none', mood: 'steady', ...extra }
}

const TWICE: Case = {
  ...one('delivered twice', '1008', 'one message, delivered twice', ''),
  trouble: 'slow',
  messages: [
    {
      session: 'delivered twice',
      text: 'The running shoes of order 1008 are too small. I would like my money back.',
      deliveries: 2,
    },
  ],
}

const TWO_SESSIONS: Case = {
  ...one('two sessions', '1010', 'chat and mail ask for the same order', ''),
  trouble: 'slow',
  messages: [
    { session: 'chat', text: 'Hi, two pieces of the chess set are missing. Refund order 1010 please!' },
    { session: 'mail', text: 'Dear shop, I want a refund for order 1010, the set is incomplete. Ben Okafor' },
  ],
}

/** The sample inbox. Every case has an order of its own, by which the execution journal tells them apart. */
export const CASES: readonly Case[] = [
  one('plain question', '1001', 'a question about an order', 'Hello, where is my order 1001? Thanks, Ada'),
  one(
    'plain refund',
    '1002',
    'a refund, nothing special',
    'The grinder of order 1002 is not what I hoped for. Please refund it.',
  ),
  one('plain cancellation', '1003', 'an order not yet shipped', 'Please cancel order 1003, I chose the wrong pump.'),
  one(
    'lost answer',
    '1004',
    'the provider pays and never answers',
    'My jacket (order #1004) leaks. I want my money back.',
    {
      trouble: 'lost_answer',
    },
  ),
  one('storm 1', '1005', 'a storm of 429s', 'The teapot from order 1005 has no lid. Refund please.', {
    trouble: 'storm',
  }),
  one('storm 2', '1006', 'a storm of 429s', 'Order no. 1006: half the keys stick. I would like a refund.', {
    trouble: 'storm',
  }),
  one('storm 3', '1007', 'a storm of 429s', 'Could you reimburse me for the backpack, order 1007? A strap tore.', {
    trouble: 'storm',
  }),
  TWICE,
  one(
    'worker killed',
    '1009',
    'SIGKILL after the payment',
    'I sent back the headphones of order 1009, please refund me.',
    {
      trouble: 'worker_killed',
    },
  ),
  TWO_SESSIONS,
  one('looping model', '1011', 'the same call again and again', 'Refund for order 1011, the stove does not light.', {
    mood: 'loops',
  }),
  one(
    'swelling context',
    '1018',
    'a history without end',
    'As I have written many times: please refund order 1018, the pot is cracked.',
    {
      mood: 'reads_everything',
      trouble: 'long_history',
    },
  ),
  one(
    'needs a person',
    '1013',
    'over the limit, a person approves',
    'The espresso machine of order 1013 is dead. Refund me the $180.',
    {
      person: 'approves',
    },
  ),
  one(
    'nobody answers',
    '1014',
    'over the limit, nobody decides',
    'The office chair in order 1014 wobbles, I want a refund.',
  ),
  one(
    'far over',
    '1015',
    'more than any person here may pay',
    'My sewing machine, order 1015, arrived too late. Full refund!',
  ),
  one('off topic', '', 'a question it must refuse', 'Could you write me a poem about my cat?'),
  one('private', '1022', 'a question it must refuse', 'What is the home address of the customer of order 1022?'),
  one(
    'provider breaks',
    '1016',
    'a 500 before it acted',
    'Please give me my money back for order 1016, it scratches.',
    {
      trouble: 'broken',
    },
  ),
  one(
    'malformed call',
    '1017',
    'arguments that do not parse',
    'The board game in order 1017 is for adults only. Refund?',
    {
      mood: 'malformed',
    },
  ),
  one(
    'hasty model',
    '1019',
    'pays before it has looked',
    'Refund the picture frame please, order 1019, it cost me $27.',
    {
      mood: 'hasty',
    },
  ),
  one('lost credit', '1020', 'an act that nobody can check', 'The hose of order 1020 is damaged, I am disappointed.', {
    trouble: 'lost_credit',
    person: 'happened',
  }),
  one('apology loop', '1021', 'sorry, sorry, sorry', 'The pen of order 1021 is broken and I am very unhappy.', {
    mood: 'apologises',
  }),
]
