import { isIPv4 } from 'node:net'

/** Whether a host is this machine alone. Names other than `localhost` are not looked up: what they mean may change. */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  const four = bare.replace(/^::ffff:/, '')
  return bare === 'localhost' || bare === '::1' || (isIPv4(four) && four.startsWith('127.'))
}
