import type { Access } from './authenticate.js'
import { isLoopback } from './loopback.js'

/** Whether a server may listen on this host: one that lets everybody in, on loopback alone. '' and `0.0.0.0` are every address. */
export const mayListen = (host: string, access: Access): boolean => access !== 'open' || isLoopback(host)
