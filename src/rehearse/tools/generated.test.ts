import { expect, test } from 'vitest'
import { z } from 'zod'
import { tool } from '../../tools/tool.js'
import { chanceOf } from '../chance.js'
import { generatedResult } from './generated.js'

const specOf = (output?: z.ZodType) =>
  tool({
    name: 'find',
    description: '',
    input: z.object({ id: z.string() }),
    effect: 'read',
    execute: async () => null as unknown,
    ...(output && { output }),
  }).spec
const chance = chanceOf(1)

test('the same input gives the same result, another one another', async () => {
  const spec = specOf(z.object({ n: z.int() }))
  const first = await generatedResult(spec, { id: 'a' }, chance)
  expect(await generatedResult(spec, { id: 'a' }, chance)).toEqual(first)
  const others = await Promise.all(['b', 'c', 'd'].map((id) => generatedResult(spec, { id }, chance)))
  expect(others).not.toEqual([first, first, first])
})

test('without an output schema it echoes what it was given', async () => {
  expect(await generatedResult(specOf(), { id: 'a' }, chance)).toEqual({ id: 'a' })
})

test('says so where no value can be made that fits', async () => {
  const never = specOf(z.object({ code: z.string().regex(/^[A-Z]{3}-\d{4}$/) }))
  await expect(generatedResult(never, { id: 'a' }, chance)).rejects.toMatchObject({ code: 'invalid_definition' })
})
