import { z } from '@hono/zod-openapi'
import { name } from './shapes.js'

/** Parameters of a route below one run. */
export const ofRun = z.strictObject({ run: name('Id of a run.', '019a3b5c-0000-7000-8000-000000000000') })
