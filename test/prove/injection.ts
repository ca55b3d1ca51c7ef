import { hasOutsideData, NO_OUTSIDE_DATA } from '../bfcl/outside-data.js'
import { hasDojo } from '../injection/dojo.js'
import { bfclAll, dojoAll } from '../injection/proofs.js'

export const name = 'injection'
export const about =
  'injected calls against stages, allowlists and approvals; well-formed, malformed and unwanted calls'

export async function run(): Promise<{ summary: string; ok: boolean }> {
  if (!hasDojo || !hasOutsideData) return { summary: NO_OUTSIDE_DATA, ok: true }
  const [dojo, bfcl] = [await dojoAll(1), await bfclAll(1)]
  return { summary: `${dojo.summary}; ${bfcl.summary}`, ok: dojo.ok && bfcl.ok }
}
