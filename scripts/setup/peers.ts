import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installOwn } from './own-package.js'
import { ROOT } from './paths.mjs'

/** The private package of the bench, with the frameworks that the runtime is compared with and tried under. */
export const BENCH = join(ROOT, 'bench')

/** Installs them on first use; false where that failed, which npm has told. */
export function installPeers(): Promise<boolean> {
  return installOwn(BENCH, "installing the bench's peers")
}

/** The server that hosts the refund desk in `examples/restate`: 216 MB that not everybody's install shall have. */
export function installRestate(): Promise<boolean> {
  const folder = join(ROOT, 'examples/restate')
  const binary = `node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`
  return installOwn(folder, 'installing the Restate server', () => existsSync(join(folder, binary)))
}
