/** How the cases of a campaign are played, for player processes to load by name. */
export { play } from '../play.js'
export { playNaive } from '../twin/play-naive.js'
