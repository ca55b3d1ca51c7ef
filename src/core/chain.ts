import { sha256 } from './digest.js'
import type { Entry } from './entries.js'

/** What an entry's hash covers besides the hash before it and the digest of its body. The database builds the same text. */
export function headerOf(
  entry: Pick<Entry, 'runId' | 'seq' | 'kind' | 'fence' | 'at' | 'epoch' | 'ref' | 'factsText'>,
): string {
  const { runId, seq, kind, fence, at, epoch, ref, factsText } = entry
  return `v1|${runId}|${seq}|${kind}|${fence}|${at}|${epoch}|${ref ?? ''}|${factsText}`
}

/** Salted digest of a body: the body can be erased and the chain still verifies. */
export function bodyDigest(salt: string, body: string): string {
  return sha256(salt + body)
}

/** hash(n) = SHA-256(hash(n−1) ‖ '|' ‖ header ‖ '|' ‖ body digest), all as text; the first entry follows ''. */
export function chainHash(before: string, header: string, digest: string): string {
  return sha256(`${before}|${header}|${digest}`)
}
