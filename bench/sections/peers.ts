import { compare, ratioOf } from '../comparison.js'
import { short } from '../numbers.js'
import { type Row, rowOf } from '../row.js'
import { enter, orderOf, type Section } from '../section.js'

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
        const found = await compare({ governed, dbos }, orderOf(stage, lanes, STEPS), stage.options.rounds)
        const ratio = `${short(ratioOf(found.governed, found.dbos, (pass) => pass.stepsPerSecond))} × DBOS`
        stage.say(`runs of ${STEPS} steps, ${lanes} at once: ${short(found.governed.median)} steps/s, ${ratio}`)
        rows.push(
          rowOf({ what: `Midwatch, runs of ${STEPS} steps`, runs: lanes, measured: found.governed, ratio }),
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
