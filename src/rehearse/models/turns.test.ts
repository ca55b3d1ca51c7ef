import { describe, expect, test } from 'vitest'
import type { PortMessage, PortResult } from '../../models/port.js'
import { Turns } from './turns.js'

const user = (text: string): PortMessage => ({ role: 'user', content: [{ type: 'text', text }] })
const calls = (...ids: string[]): PortMessage => ({
  role: 'assistant',
  content: ids.map((toolCallId) => ({ type: 'tool-call', toolCallId, toolName: 'find', input: {} })),
})
const says = (text: string): PortMessage => ({ role: 'assistant', content: [{ type: 'text', text }] })
const results = (...ids: string[]): PortMessage => ({
  role: 'tool',
  content: ids.map((toolCallId) => ({
    type: 'tool-result',
    toolCallId,
    toolName: 'find',
    output: { type: 'text', value: 'x' },
  })),
})
const answer = (...ids: string[]): PortResult => ({
  content: ids.map((toolCallId) => ({ type: 'tool-call', toolCallId, toolName: 'find', input: '{}' })),
  finishReason: { unified: 'tool-calls' },
  usage: {
    inputTokens: { total: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, reasoning: 0 },
  },
})

describe('a conversation is shown without what faults put into it', () => {
  test('as it is where there was none', () => {
    const prompt = [user('Hi'), calls('a'), results('a')]
    expect(new Turns().cleaned(prompt)).toBe(prompt)
  })

  test('without bad turns and their results, and with the good half of a turn', () => {
    const turns = new Turns()
    const [bad, twin] = [turns.badId(), turns.badId()]
    const prompt = [user('Hi'), calls(bad), results(bad), calls('a', twin), results('a', twin)]
    expect(turns.cleaned(prompt)).toEqual([user('Hi'), calls('a'), results('a')])
  })

  test('without a bad text and the answer to it', () => {
    const turns = new Turns()
    const sorry = turns.badText('Sorry.')
    const prompt = [user('Hi'), says(sorry), user('Call a tool.'), says('Sorry.'), user('Call a tool.')]
    expect(turns.cleaned(prompt)).toEqual([user('Hi'), says('Sorry.'), user('Call a tool.')])
  })

  test('no two bad things of a run are the same', () => {
    const turns = new Turns()
    const made = [turns.badId(), turns.badId(), turns.badText('x'), turns.badText('x')]
    expect(new Set(made).size).toBe(4)
  })
})

describe('the turn that is due', () => {
  test('follows the last answer that was meant, also when messages before it were left out', () => {
    const turns = new Turns()
    expect(turns.due({ prompt: [user('Hi')] })).toBe(1)
    turns.meant(answer('a'), 1)
    turns.meant(answer('b', 'c'), 2)
    expect(turns.due({ prompt: [user('Hi'), calls('a'), results('a')] })).toBe(2)
    expect(turns.due({ prompt: [user('Hi'), calls('b', 'c'), results('b', 'c')] })).toBe(3)
  })

  test('asked again at the same place it is the same one', () => {
    const turns = new Turns()
    turns.meant(answer('a'), 1)
    turns.meant(answer('a'), 1)
    expect(turns.due({ prompt: [calls('a'), results('a')] })).toBe(2)
  })

  test('counts the answers of a conversation that it has not seen', () => {
    expect(new Turns().due({ prompt: [user('Hi'), calls('x'), results('x'), calls('y'), results('y')] })).toBe(3)
  })
})
