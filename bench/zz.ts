import { openServer, readValue } from './server.js'
import { ContenderProcess } from './contender-process.js'
const lanes = Number(process.argv[4] ?? 128)
const server = await openServer('/var/tmp/mwbench')
const url = await server.database('zz')
const g = await ContenderProcess.open({ kind:'governed', work: (process.argv[3] ?? 'metered') as never, url, postmasterPid: server.postmasterPid, sample:null }, process.argv[2] || null)
let on = true
const watch = (async () => { while (on) { await new Promise(r=>setTimeout(r,1000)); console.log(await readValue(url, `select json_build_object('runs',(select json_object_agg(state,n) from (select state,count(*) n from midwatch.run group by 1) x), 'entries', (select count(*) from midwatch.entry), 'active', (select count(*) from pg_stat_activity where state='active'), 'q', (select json_agg(left(query,60)||wait_event) from pg_stat_activity where state='active'))::text as value`)) } })()
for (let i=0;i<3;i++) console.log(JSON.stringify(await g.pass({lanes, steps:200, warmupMs:i===0?5000:500, windowMs:4000})))
on=false; await watch
await g.close(); await server.close()
