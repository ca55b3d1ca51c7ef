import { scenario } from 'midwatch/rehearse'
import { options } from './rehearsals/bell.js'

/** Expects what no worker that dies can keep, so that it breaks. */
export const cracked = scenario({
  ...options,
  name: 'cracked',
  expect: {
    that: ({ facts }) =>
      facts.flatMap(({ entries }) => {
        const claims = entries.filter(({ kind }) => kind === 'claim').length
        return claims > 1 ? [`It was claimed ${claims} times.`] : []
      }),
  },
})
