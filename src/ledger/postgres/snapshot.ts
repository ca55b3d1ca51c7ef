import pg from 'pg'
import { clientConfig } from './pool.js'

const TABLES = `
  select c.oid, c.relname as name, c.relkind = 'c' as is_type, array_to_string(c.reloptions, ', ') as options
    from pg_class c where c.relnamespace = 'midwatch'::regnamespace and c.relkind in ('r', 'c')
   order by c.relkind desc, c.relname collate "C"`

const COLUMNS = `
  select a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when a.attcollation <> 0 and l.collname <> 'default' then ' collate ' || quote_ident(l.collname) else '' end
      || case when a.attnotnull then ' not null' else '' end
      || case when a.attidentity = 'a' then ' generated always as identity'
              when a.attgenerated = 's' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
              when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end as line
    from pg_attribute a left join pg_collation l on l.oid = a.attcollation
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum`

/** Newer servers keep "not null" as constraints of its own kind; it stands with the columns. */
const CONSTRAINTS = `
  select pg_get_constraintdef(oid) as line from pg_constraint where conrelid = $1 and contype <> 'n'
   order by array_position(array['p', 'u', 'c', 'f'], contype::text), conname collate "C"`

const INDEXES = `
  select pg_get_indexdef(i.indexrelid) || ';' as line from pg_index i join pg_class c on c.oid = i.indexrelid
   where i.indrelid = $1 and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
   order by c.relname collate "C"`

const FUNCTIONS = `
  select '-- ' || p.proname || '(' || pg_get_function_arguments(p.oid) || ')'
      || coalesce(' returns ' || pg_get_function_result(p.oid), '')
      || case when p.prosecdef then ' security definer' else '' end
      || coalesce(' set ' || array_to_string(p.proconfig, ', '), '') as line
    from pg_proc p where p.pronamespace = 'midwatch'::regnamespace order by p.proname collate "C", p.oid::regprocedure::text collate "C"`

const HEADING = `-- Generated: the schema that the migrations and functions make, for review and to be compared.
-- Made anew by: npx vitest run src/ledger/postgres/snapshot.test.ts -u
`

/** The schema of a migrated database as text: the same for the same files, whatever the server's version. */
export async function schemaSnapshot(p: { readonly url: string }): Promise<string> {
  const client = new pg.Client(clientConfig(p.url))
  await client.connect()
  try {
    const lines = async (text: string, values: unknown[] = []) =>
      (await client.query(text, values)).rows.map((row) => String(row.line))
    // Names are said in full, also to a user whose own schema this is.
    await client.query('set search_path to pg_catalog')
    const parts = [HEADING]
    for (const { oid, name, is_type, options } of (await client.query(TABLES)).rows) {
      const inside = [...(await lines(COLUMNS, [oid])), ...(is_type ? [] : await lines(CONSTRAINTS, [oid]))]
      const opening = is_type ? `create type midwatch.${name} as (` : `create table midwatch.${name} (`
      parts.push(`${opening}\n  ${inside.join(',\n  ')}\n)${options ? ` with (${options})` : ''};`)
      parts.push(...(await lines(INDEXES, [oid])), '')
    }
    return `${[...parts, ...(await lines(FUNCTIONS))].join('\n')}\n`
  } finally {
    await client.end()
  }
}
