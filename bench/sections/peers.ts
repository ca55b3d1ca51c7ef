import { compare, ratioOf } from '../comparison.js'
import { short } from '../numbers.js'
import { type Row, rowOf, type Target } from '../row.js'
import { enter, orderOf, type Section, turnsOf } from '../section.js'

const LANES = [1, 8, 64]
const STEPS = 20

/** The same work by a peer: runs of 20 trivial durable steps with a 600-byte result, from the start to the outcome. */
export const peersSection: Section = {
  name: 'peers',
  async run(stage) {
    const governed = await enter(stage, 'governed', 'read')
    const dbos = await enter(stage, 'dbos', 'read').catch(async (error) => {
      await governed.close()
      throw error
    })
    try {
      const rows: Row[] = []
      for (const lanes of LANES) {
        const found = await compare({ governed, dbos }, orderOf(stage, lanes, STEPS), turnsOf(stage))
        const times = ratioOf(found.governed, found.dbos, (pass) => pass.stepsPerSecond)
        const slower = ratioOf(found.governed, found.dbos, (pass) => pass.p50Ms)
        const ratio =
          lanes === 1 ? `median step ${short(slower)} × DBOS'; ${short(times)} × DBOS` : `${short(times)} × DBOS`
        stage.say(`runs of ${STEPS} steps, ${lanes} at once: ${short(found.governed.median)} steps/s, ${ratio}`)
        rows.push(
          rowOf({
            what: `Midwatch, runs of ${STEPS} steps`,
            runs: lanes,
            measured: found.governed,
            ratio,
            targets: targetsOf(lanes, times, slower),
          }),
          rowOf({ what: `DBOS, runs of ${STEPS} steps`, runs: lanes, measured: found.dbos }),
        )
      }
      return rows
    } finally {
      await governed.close()
      await dbos.close()
    }
  },
}

function targetsOf(lanes: number, times: number, slower: number): Target[] {
  if (lanes === 1) return [{ text: "median step ≤ DBOS'", met: slower <= 1, quiet: false }]
  return lanes === 64 ? [{ text: '≥ 4 × DBOS', met: times >= 4, quiet: false }] : []
}
