import { expect, it } from 'vitest'
import type { FaultName } from '../fault.js'
import type { Place } from '../site.js'
import { naiveStrikes } from './naive-strikes.js'

it.each<[FaultName, Place, Place | null]>([
  ['tool_cut', 'tool:pay#2', 'tool:pay#2'],
  ['person_never', 'person:question#1', 'person:question#1'],
  ['kill', 'moment:begin#3', 'moment:begin#3'],
  ['crash', 'point:after_effect#2', 'point:after_effect#2'],
  ['crash', 'point:before_begin#4', 'point:before_effect#4'],
  ['crash', 'call:apply:begin#1', 'point:before_effect#1'],
  ['stall', 'answer:apply:settle#5', 'point:after_effect#5'],
  ['crash', 'call:apply:settle+begin#2', 'point:after_effect#2'],
  ['crash', 'call:claim#3', 'point:before_effect#3'],
  ['answer_lost', 'answer:apply:begin#1', null],
  ['clock_skew', 'call:claim#1', null],
])('%s at %s strikes the twin at %s', (fault, place, there) => {
  expect(naiveStrikes([{ fault, place }])).toEqual(there === null ? [] : [{ fault, place: there }])
})
