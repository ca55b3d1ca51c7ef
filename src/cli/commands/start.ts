import { PORT_OPTIONS, serve } from '../serve.js'
import type { Verb } from '../verb.js'

export const start: Verb = {
  usage: 'start',
  says: 'Work runs, with everything that goes with it, until Ctrl-C. Makes the ledger where there is none.',
  options: PORT_OPTIONS,
  act: (call) => serve(call, {}),
}
