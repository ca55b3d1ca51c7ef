import { cancel, confirm, intro, isCancel, text } from '@clack/prompts'

/** What a person may be asked before anything is planned. */
export interface Wishes {
  readonly folder: string
  readonly install: boolean
}

/** Asks at a terminal; null when the person leaves. `folder`: given already, else null. */
export async function askWishes(folder: string | null, suggested: string): Promise<Wishes | null> {
  intro('midwatch init')
  const where = folder ?? (await text({ message: 'Where shall the project be?', initialValue: suggested }))
  if (isCancel(where)) return left()
  const install = await confirm({ message: 'Install its dependencies (npm install)?', initialValue: true })
  if (isCancel(install)) return left()
  return { folder: where.trim() === '' ? suggested : where.trim(), install }
}

function left(): null {
  cancel('Nothing was written.')
  return null
}
