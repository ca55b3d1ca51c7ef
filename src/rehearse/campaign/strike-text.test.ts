import { describe, expect, it } from 'vitest'
import { FAULT_NAMES, FAULTS } from '../fault.js'
import { readFaults, readStrike, showStrike } from './strike-text.js'

describe('a strike on a command line', () => {
  it.each(['crash@point:after_effect#1', 'answer_lost@answer:apply:begin,settle#12', 'tool_cut@tool:send#mail@x#3'])(
    '%s reads back as it is written',
    (text) => {
      expect(showStrike(readStrike(text))).toBe(text)
    },
  )

  it.each([
    ['crash', 'write it as FAULT@KIND:NAME#VISIT'],
    ['flood@tool:x#1', "no fault 'flood'; there are crash, stall"],
    ['crash@point:x', 'a place is one of call, answer'],
    ['crash@dock:x#1', 'a place is one of call, answer'],
    ['crash@point:#1', 'a place is one of call, answer'],
    ['crash@point:x#0', 'visits are counted from 1'],
    ['crash@point:x#one', 'visits are counted from 1'],
    ['crash@tool:x#1', "'crash' strikes at call, answer, point"],
  ])('%s is refused with what is wrong', (text, what) => {
    expect(() => readStrike(text)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(what) }),
    )
  })

  it('names faults one by one or by their layer, each once', () => {
    expect(readFaults('crash, tools,crash')).toEqual([
      'crash',
      ...FAULT_NAMES.filter((one) => FAULTS[one].layer === 'tools' && FAULTS[one].rate > 0),
    ])
    expect(() => readFaults('crash,rain')).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
