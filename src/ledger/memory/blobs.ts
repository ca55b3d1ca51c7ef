import { sha256 } from '../../core/digest.js'

interface Blob {
  readonly text: string
  /** The run whose words these are; null when they are nobody's alone. */
  runId: string | null
}

/** Large parts of bodies, once per tenant, by the SHA-256 of their text. */
export class Blobs {
  private readonly rows = new Map<string, Blob>()

  /** Answers with the digest. What two runs put belongs to neither. */
  put(tenant: string, text: string, runId: string | null): string {
    const digest = sha256(text)
    const known = this.rows.get(`${tenant}\u0000${digest}`)
    if (!known) this.rows.set(`${tenant}\u0000${digest}`, { text, runId })
    else if (known.runId !== runId) known.runId = null
    return digest
  }

  get(tenant: string, digest: string): string | null {
    return this.rows.get(`${tenant}\u0000${digest}`)?.text ?? null
  }

  /** Takes a run's words away; how many there were. */
  drop(runId: string): number {
    let dropped = 0
    for (const [name, blob] of this.rows) if (blob.runId === runId && this.rows.delete(name)) dropped += 1
    return dropped
  }
}
