import { describe, expect, it } from 'vitest'
import { agentNameOf, agentsFor, writesIn } from './bfcl-agents.js'
import { hasOutsideData, NO_OUTSIDE_DATA, readTasks, readToolTexts } from './outside-data.js'
import { callText, RecordedApis, Recording } from './recorded-apis.js'

describe.runIf(hasOutsideData)(`the benchmark's APIs as recorded (else ${NO_OUTSIDE_DATA})`, () => {
  const tasks = hasOutsideData ? readTasks() : []
  const writes = writesIn(tasks)
  const isWrite = (tool: string) => writes.has(tool)
  const calls = tasks.flatMap(({ turns }) => turns.flatMap(({ gold_calls }) => gold_calls))

  it('there are as many as the data says', () => {
    expect([tasks.length, calls.length, calls.filter((c) => c.changes_state).length]).toEqual([100, 583, 355])
  })

  it('every call, in order, is answered as it was', () => {
    for (const task of tasks) {
      const apis = new RecordedApis(new Recording(task, isWrite))
      for (const call of task.turns.flatMap(({ gold_calls }) => gold_calls)) {
        const found = isWrite(call.tool) ? apis.write(call, 'key', 'run') : apis.read(call)
        expect(found?.result, callText(call)).toEqual(call.result)
      }
    }
  })

  it('a write that ran twice shows in what ran, and in what is read afterwards', () => {
    const write = { tool: 'add', args: {}, api: 'a', result: 1, error: false, changes_state: true }
    const read = (result: number) => ({ ...write, tool: 'sum', result, changes_state: false })
    const gold_calls = [write, read(1), write, read(2)]
    const apis = new RecordedApis(
      new Recording({ id: 't', turns: [{ user: [], gold_calls }] }, (tool) => tool === 'add'),
    )
    apis.write(write, 'k', 'r')
    apis.write(write, 'k', 'r')
    expect(apis.executed).toHaveLength(2)
    expect(apis.read(read(1))?.result).toBe(2)
  })

  it('every call fits the schema of its tool', async () => {
    const agents = agentsFor({ tasks, tools: readToolTexts(), writes, recordingOf: () => undefined })
    const byName = new Map(agents.map((one) => [one.name, one]))
    expect(agents).toHaveLength(18)
    for (const task of tasks) {
      const { tools } = byName.get(agentNameOf(task))?.definition ?? { tools: new Map() }
      for (const call of task.turns.flatMap(({ gold_calls }) => gold_calls)) {
        const read = await tools.get(call.tool)?.input['~standard'].validate(call.args)
        expect(read.issues, callText(call)).toBeUndefined()
        expect(read.value, callText(call)).toEqual(call.args)
      }
    }
  })
})
