// The scripted model: it stands in for a real one until MIDWATCH_MODEL is set, and plays the rehearsal.
// It looks at the conversation only, so the same conversation gets the same answer, after a crash too.
import type { Reply, ScriptedRequest } from 'midwatch/testing'

const PRICES: Readonly<Record<string, number>> = { laptop: 1_200, monitor: 300, phone: 600 }

export function script({ messages }: ScriptedRequest): Reply {
  const asked = messages.find((message) => message.role === 'user')?.text ?? ''
  const heard = (tool: string) => messages.findLast((one) => one.role === 'tool' && one.name === tool)
  const call = (name: string, input: object, text: string): Reply => ({ text, toolCalls: [{ name, input }] })
  const email = /[\w.]+@[\w.]+\w/.exec(asked)?.[0] ?? ''

  const found = heard('find_employee')
  if (!found) return call('find_employee', { email }, 'I look up who asks.')
  if (found.role === 'tool' && found.output === null) {
    const say = 'I do not know your address. Please write from your own.'
    return call('refuse', { reason: 'cannot_know', say }, 'Nobody has this address.')
  }
  const wanted = wantedIn(asked, email)
  const done = heard(wanted.name)
  if (!done) return call(wanted.name, wanted.input, `They ask for it: ${wanted.what}.`)
  if (done.role === 'tool' && done.error) {
    return call('hand_over', { to: 'it', note: `Not done: ${wanted.what}.` }, 'It was not done.')
  }
  const note = `Done: ${wanted.what}.`
  const noted = heard('add_note')
  if (!noted) return call('add_note', { email, text: note }, 'The ticket says what was done.')
  if (noted.role === 'tool' && noted.error) {
    return call('hand_over', { to: 'it', note: `${note} The ticket does not say so.` }, 'The note failed.')
  }
  return call('complete', { answer: note }, 'All is done.')
}

function wantedIn(asked: string, email: string): { name: string; input: object; what: string } {
  const item = /laptop|monitor|phone/i.exec(asked)?.[0].toLowerCase()
  if (item) return { name: 'order_device', input: { email, item, usd: PRICES[item] ?? 0 }, what: `a ${item}` }
  const system = /admin|crm|wiki/i.exec(asked)?.[0].toLowerCase() ?? 'vpn'
  return { name: 'grant_access', input: { email, system }, what: `access to ${system}` }
}
