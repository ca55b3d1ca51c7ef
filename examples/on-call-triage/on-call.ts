import type { ScriptedRequest } from 'midwatch/testing'

/** What a model would say: it looks, restarts, and tells the cause; where a tool is refused, it hands over. */
export function onCall({ messages }: ScriptedRequest) {
  const alert = JSON.stringify(messages.find(({ role }) => role === 'user'))
  const service = alert.includes('db') ? 'db' : 'checkout'
  const told = messages.filter(({ role }) => role === 'tool').map((one) => JSON.stringify(one))
  const call = (name: string, input: object, text: string) => ({ text, toolCalls: [{ name, input }] })
  const last = told.at(-1) ?? ''
  if (last.includes('mcp_changed'))
    return call('hand_over', { to: 'sre', note: 'The log tool is not what it was.' }, 'I stop here.')
  if (told.length === 0) return call('list_alerts', {}, 'What is open?')
  if (told.length === 1) return call('query_logs', { service }, `What does ${service} say?`)
  if (told.length === 2) return call('restart', { service }, 'A restart may help.')
  const done = last.includes('restarted') ? `restarted ${service}` : `left ${service} alone`
  return call(
    'complete',
    { cause: `${done}: ${service === 'db' ? 'a long vacuum' : 'its pool was exhausted'}` },
    'Done.',
  )
}
