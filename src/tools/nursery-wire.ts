import type { FromChild, ToChild } from './isolated-wire.js'

/** What a worker tells the process that forks for it; `id` names a child, and is never used twice. */
export type ToNursery =
  | {
      readonly kind: 'fork'
      readonly id: number
      readonly module: string
      readonly memoryMb: number
      /** Whether modules of the worker come through a loader: the child's must, too. */
      readonly loader: boolean
      /** As they are in the worker at this moment: a child finds what it would have found as the worker's own. */
      readonly env: NodeJS.ProcessEnv
      readonly cwd: string
    }
  | { readonly kind: 'say'; readonly id: number; readonly message: ToChild }
  | { readonly kind: 'kill'; readonly id: number }

/** What it tells back. `ended` comes last of a child, after everything that it had said. */
export type FromNursery =
  | { readonly kind: 'forked'; readonly id: number; readonly pid: number }
  | { readonly kind: 'said'; readonly id: number; readonly message: FromChild }
  | { readonly kind: 'printed'; readonly id: number; readonly line: string }
  | { readonly kind: 'ended'; readonly id: number; readonly why: string }
