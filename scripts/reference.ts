// Writes docs/reference.md anew: `npm run reference`.
import { writeFileSync } from 'node:fs'
import { referencePage } from './reference/page.js'

writeFileSync('docs/reference.md', referencePage())
