import { agent, desk } from './agent-after.js'
import { callAll } from './callers.js'

/**
 * `node --import tsx examples/bring-your-own/start.ts CALLERS MARK`: one line of JSON, what became of them. `key KEY` in their
 * place: one request under its key, which may be sent again.
 */
const [first = '5', second = 'a'] = process.argv.slice(2)
const told =
  first === 'key'
    ? await desk.run(
        { key: second },
        async () => (await agent.generate({ prompt: `Order ${second}: where is it?` })).text,
      )
    : await callAll(agent, Number(first), second)
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0))
