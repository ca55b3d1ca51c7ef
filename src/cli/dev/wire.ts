/** What a process of `midwatch dev` is started with. */
export interface DevOrder {
  /** As --config names it; null: the config's usual names. */
  readonly config: string | null
  /** Where its API listens on loopback; 0: on any that is free. */
  readonly port: number
}

/** What a process with the project's code says of itself. */
export type FromDev =
  /** A file that the code is made of, as it was when it was loaded. */
  | { readonly kind: 'file'; readonly path: string; readonly mark: string }
  /** A file that it asks for and that is not there. */
  | { readonly kind: 'missing'; readonly path: string }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'unloadable'; readonly message: string }
  /** It works runs, and tells so. */
  | { readonly kind: 'ready'; readonly text: string; readonly data: unknown; readonly port: number }
  /** It begins nothing more, and its port is free. */
  | { readonly kind: 'freed' }
  /** A line for the person who is watching. */
  | { readonly kind: 'told'; readonly line: string }

/** `open`: the code before it has let go, so it may listen, and look at the runs that were left. */
export type ToDev = { readonly kind: 'open' } | { readonly kind: 'drain' }
