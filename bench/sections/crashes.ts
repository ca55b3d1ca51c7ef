import { PEERS, type PeerKind } from '../contender.js'
import { CLASSES } from '../contenders/survivor.js'
import { type Crashed, crash, type Place } from '../crash/crashes.js'
import { median, short } from '../numbers.js'
import { PEER_NAMES } from '../peer.js'
import { freePort, type RestateServer, startRestate } from '../restate-server.js'
import { type Row, rowOf } from '../row.js'
import { folderOf, type Section, type Stage } from '../section.js'
import { firstLine } from './peers.js'

type Who = Place['who']
const ALL: readonly Who[] = [...CLASSES, ...PEERS]
const EACH_SECONDS = 1.6

/** Killed between an effect and its record: what is done twice, and how soon the run goes on. */
export const crashesSection: Section = {
  name: 'crashes',
  seconds: ({ crashes }) => ALL.length * (crashes + 1) * EACH_SECONDS,
  async run(stage) {
    const rows: Row[] = []
    for (const who of ALL) {
      try {
        rows.push(rowFor(stage, who, await crashed(stage, who)))
      } catch (error) {
        rows.push(rowOf({ what: whatOf(who), figure: `could not be run: ${firstLine(error)}` }))
        stage.say(`${nameOf(who)}: ${firstLine(error)}`)
      }
    }
    return rows
  },
}

async function crashed(stage: Stage, who: Who): Promise<Crashed> {
  const url = await stage.server.database(`bench_crashes_${who}`)
  const restate = who === 'restate' ? await startRestate(folderOf(stage.options, 'restate-crashes')) : null
  try {
    const folder = folderOf(stage.options, `crashes-${who}`)
    return await crash({ who, url, server: restate && (await placeOf(restate)), folder }, stage.options.crashes)
  } finally {
    await restate?.stop()
  }
}

/** The server is not killed, its service is: that has one address in all its lives. */
async function placeOf({ ingressUrl, adminUrl }: RestateServer): Promise<string> {
  return JSON.stringify({ ingressUrl, adminUrl, port: await freePort() })
}

const isPeer = (who: Who): who is PeerKind => (PEERS as readonly Who[]).includes(who)
const nameOf = (who: Who) => (isPeer(who) ? PEER_NAMES[who].name : `Midwatch, ${who}`)
const whatOf = (who: Who) => `${nameOf(who)}: killed between an effect and its record`

function rowFor({ say }: Stage, who: Who, { crashes, withPerson }: Crashed): Row {
  const of = crashes.length
  const duplicates = crashes.filter((one) => one.duplicates > 0).length
  const again = crashes.filter((one) => one.again > 0).length
  const times = crashes.flatMap(({ firstMs }) => (firstMs === null ? [] : [firstMs]))
  const lost = of - times.length - withPerson
  const figure = [
    `${duplicates} of ${of} done twice`,
    ...(again > duplicates ? [`${again - duplicates} sent again under their key`] : []),
    ...(withPerson > 0 ? [`${withPerson} with a person`] : []),
    ...(again === 0 && times.length > 0 ? [`${times.length} ${isPeer(who) ? 'not run again' : 'read back'}`] : []),
    ...(lost > 0 ? [`${lost} not gone on with`] : []),
  ].join(', ')
  const waited =
    times.length === 0 ? 'no effect until the person says' : `first effect after ${short(median(times))} ms`
  say(`${nameOf(who)}: ${figure}; ${waited}`)
  return rowOf({
    what: whatOf(who),
    figure,
    ratio: waited,
    targets: isPeer(who) ? [] : [{ text: 'none done twice', met: duplicates === 0, quiet: false }],
    points: [
      { chart: 'duplicates', who: nameOf(who), value: duplicates / of },
      ...(times.length === 0 ? [] : [{ chart: 'recovery' as const, who: nameOf(who), value: median(times) }]),
    ],
  })
}
