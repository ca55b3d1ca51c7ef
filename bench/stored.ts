import { readValue } from './server.js'

/** Everything in a database that is stored for somebody's use, indexes included. */
const STORED = `select coalesce(sum(pg_total_relation_size(c.oid)), 0) as value from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`

export const bytesStoredIn = async (url: string): Promise<number> => Number(await readValue(url, STORED))
