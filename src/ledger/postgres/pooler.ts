import type pg from 'pg'

/**
 * Whether a pooler stands between: it names a process of its own invention. Then what a session holds, its locks and what it
 * listens to, is not this client's.
 */
export async function isPooled(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query('select pg_backend_pid() as pid')
  return rows[0].pid !== (client as unknown as { readonly processID: number }).processID
}
