import { readFileSync } from 'node:fs'

/** A block of code on a page: its language, the word behind that, and its text. */
export interface Block {
  readonly mark: string
  readonly code: string
}

/** The blocks of a page in one language, in its order. `page` is its path from the root. */
export function blocksOf(page: string, language = 'ts'): Block[] {
  const fence = new RegExp(`\`\`\`${language}(?: (\\w*))?\\n([\\s\\S]*?)\`\`\``, 'g')
  return [...readFileSync(page, 'utf8').matchAll(fence)].map(([, mark = '', code = '']) => ({ mark, code }))
}

/** What the page of versions imports: two versions of an agent. */
export const TWO_VERSIONS = `import { flow } from 'midwatch'
import { z } from 'zod'
const version = (no: number) => flow({ name: 'refund-desk', version: no, input: z.object({}), run: async () => no })
export const refundDesk = version(1)
export const refundDeskV2 = version(2)
`
