import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { findTool } from './isolated-find.js'
import { shapeOf } from './isolated-wire.js'
import { tool } from './tool.js'

const make = (name: string, description = 'd') =>
  tool({ name, description, input: z.object({ to: z.string() }), effect: 'once', execute: async () => ({}) })
const ring = make('ring')
const find = (exports: Record<string, unknown>) => findTool(exports, 'ring', shapeOf(ring.spec))
const agentWith = (...tools: (typeof ring)[]) => ({
  definition: { tools: new Map(tools.map((t) => [t.name, t.spec])) },
})

describe('a tool is found in what a module exports', () => {
  it.each([
    ['by itself', { ring }],
    ['under another name', { default: ring, bell: make('bell') }],
    ['in an array', { tools: [make('bell'), ring] }],
    ['in an agent', { desk: agentWith(make('bell'), ring) }],
    ['in an agent of a config', { default: { run: [agentWith(make('bell')), agentWith(ring)] } }],
    ['several times, where it is the same', { ring, tools: [ring], desk: agentWith(ring) }],
  ])('%s', (_, exports) => {
    expect(find(exports)).toEqual({ spec: ring.spec })
  })

  it('as the undo of a tool, by the name of that', () => {
    const undo = { effect: 'once', execute: async () => null } as const
    const bell = tool({
      ...{ name: 'bell', description: 'd', input: z.object({}), effect: 'once' },
      undo,
      execute: undo.execute,
    })
    const { undo: spec } = bell.spec
    if (typeof spec !== 'object') throw new Error('It has none.')
    expect(findTool({ ring, bell }, 'bell.undo', shapeOf(spec))).toEqual({ spec })
  })

  it.each([
    ['of another name', { bell: make('bell') }],
    ['that has changed since', { ring: make('ring', 'Rings twice.') }],
    ['among what only resembles one', { ring: { spec: { name: 'ring' } }, run: 1, none: null, call: () => ring }],
  ])('but not one %s', (_, exports) => {
    expect(find(exports)).toEqual({ missing: 'isolated_tool_not_found' })
  })

  it('but not where two differ in nothing that can be seen', () => {
    expect(find({ mine: make('ring'), yours: make('ring') })).toEqual({ missing: 'isolated_tool_ambiguous' })
  })
})
