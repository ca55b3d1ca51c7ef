import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import pg from 'pg'

/** As "Persistence" of LangGraph's documentation sets it up, by a pool of the driver's default size. */
export async function savedIn(url: string): Promise<PostgresSaver> {
  const pool = new pg.Pool({ connectionString: url })
  // Without a listener an idle connection that the server closes takes the process down.
  pool.on('error', () => undefined)
  const saver = new PostgresSaver(pool)
  await saver.setup()
  return saver
}
