import type { Ledger } from '../core/ledger.js'
import { embeddedPostgres } from './embedded/embedded.js'
import { postgresLedger } from './postgres/ledger.js'

export interface StoreOptions {
  /** PostgreSQL 15 or later. Without it the embedded one is used, with its data under `home`. */
  readonly databaseUrl?: string
  /** The same database without a pooler between, where `databaseUrl` leads through one. */
  readonly directUrl?: string
  /** Default `.midwatch` in the working directory. */
  readonly home?: string
  readonly poolSize?: number
}

export interface OpenStore {
  readonly ledger: Ledger
  readonly url: string
  close(): Promise<void>
}

export const DEFAULT_HOME = '.midwatch'

/** Opens the ledger, starting the embedded PostgreSQL where no database is named. */
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  const { databaseUrl, directUrl, poolSize } = options
  const embedded = databaseUrl === undefined ? await embeddedPostgres({ home: options.home ?? DEFAULT_HOME }) : null
  const url = databaseUrl ?? embedded?.url ?? ''
  try {
    const ledger = await postgresLedger({
      url,
      owner: true,
      ...(directUrl && { directUrl }),
      ...(poolSize && { poolSize }),
    })
    const close = async () => {
      await ledger.close()
      await embedded?.stop()
    }
    return { ledger, url, close }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}
