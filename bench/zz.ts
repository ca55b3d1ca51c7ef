import { compare, ratioOf } from './comparison.js'
import { ContenderProcess } from './contender-process.js'
import { openServer, readValue } from './server.js'

// zz LANES WORK rounds "ENV=.. ENV=.." "ENV.."   : same contender under different environments, in turns
const [lanes, work, rounds, ...envs] = process.argv.slice(2)
const server = await openServer('/var/tmp/mwbench')
const all: Record<string, ContenderProcess> = {}
for (const [i, env] of envs.entries()) {
  for (const pair of env.split(' ')) {
    const [k, v] = pair.split('=')
    if (k) process.env[k] = v ?? ''
  }
  const url = await server.database('zz' + i)
  const sql = process.env.SQL ?? ''
  all[env] = await ContenderProcess.open(
    {
      kind: (process.env.KIND ?? 'governed') as never,
      work: work as never,
      url,
      postmasterPid: server.postmasterPid,
      sample: null,
    },
    null,
  )
  if (sql) await readValue(url, sql.replaceAll('_', ' ').replaceAll('~', '_'))
}
for (const l of String(lanes).split(',').map(Number)) {
  const found = await compare(all, { lanes: l, steps: 200, warmupMs: 800, windowMs: 2500 }, Number(rounds))
  const base = found[envs[0]]
  for (const [env, m] of Object.entries(found))
    console.log(
      l,
      env.padEnd(30),
      'best',
      Math.round(m.best),
      'med',
      Math.round(m.median),
      'p50',
      m.p50Ms.toFixed(2),
      'client',
      Math.round(m.clientUs),
      'server',
      Math.round(m.serverUs ?? 0),
      'ratio',
      ratioOf(m, base, (p) => p.stepsPerSecond).toFixed(2),
    )
}
for (const one of Object.values(all)) await one.close()
await server.close()
