/** The begin that holds a lock. */
export interface LockHolder {
  readonly runId: string
  readonly seq: number
}

/** Tool locks: names within a tenant, held by an open begin until it is settled. */
export class Locks {
  private readonly held = new Map<string, LockHolder>()

  holder(tenant: string, name: string): LockHolder | undefined {
    return this.held.get(`${tenant}\u0000${name}`)
  }

  take(tenant: string, names: readonly string[], holder: LockHolder): void {
    for (const name of names) this.held.set(`${tenant}\u0000${name}`, holder)
  }

  /** Frees those that this begin holds; what was handed on meanwhile stays with its new holder. */
  free(tenant: string, names: readonly string[], runId: string, seq: number): void {
    for (const name of names) {
      const holder = this.holder(tenant, name)
      if (holder?.runId === runId && holder.seq === seq) this.held.delete(`${tenant}\u0000${name}`)
    }
  }
}
