import { agent, allow, escalate, refuse } from 'midwatch'
import { z } from 'zod'
import { deskModel } from './model.js'
import { addNote, findEmployee, grantAccess, orderDevice } from './tools.js'

const MOST_USD = 1_500

/** The help desk. The model proposes; `rules` say what it may do, `ceilings` how much of it. */
export const helpDesk = agent({
  name: 'help-desk',
  version: 1,
  input: z.object({ from: z.string(), message: z.string() }),
  outcome: z.object({ answer: z.string() }),
  instructions: `You are the help desk of a company. Look up who asks before you do anything for them.
Give access or order a device where they ask for it, for themselves only. Note in the ticket what was done, then complete.
Say in one sentence why you make each call. Refuse what a help desk does not do.`,
  model: { model: deskModel(), maxOutputTokens: 800, timeout: '30s' },
  tools: [findEmployee, addNote, grantAccess, orderDevice],
  // Pure functions of the arguments and of what the run has done. Each verdict is written down: `midwatch why RUN`.
  // `did` looks at the result as well: nobody was found where it is null.
  rules: {
    grant_access: ({ email, system }, run) => {
      if (!run.did(findEmployee, { email }, { email })) return refuse('policy', 'Look the employee up first.')
      return system === 'admin' ? escalate({ to: 'security', within: '4h', otherwise: 'refuse' }) : allow()
    },
    order_device: ({ email, usd }, run) => {
      if (!run.did(findEmployee, { email }, { email })) return refuse('policy', 'Look the employee up first.')
      return usd <= MOST_USD ? allow() : refuse('policy', `A device costs at most $${MOST_USD}.`)
    },
  },
  ceilings: {
    run: { steps: 20, usd: '$0.10', active: '2m', deadline: '1d', retries: 6, device_usd: MOST_USD },
    tenant: { usd: { per: 'day', max: '$10' }, device_usd: { per: 'day', max: 6_000 } },
  },
})
