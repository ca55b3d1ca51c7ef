import globalPostgres from '../global-postgres.js'

/** A PostgreSQL for a long proof: the one of MIDWATCH_TEST_URL, else an embedded one of its own. */
export async function withDatabase<T>(work: () => Promise<T>): Promise<T> {
  const close = await globalPostgres()
  try {
    return await work()
  } finally {
    await close?.()
  }
}
