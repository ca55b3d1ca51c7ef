/** The scene in a process that runs what is published: its tools are loaded as users' are, not through a loader of TypeScript. */
import { bulkheadScene, type Load } from './scene.js'

const [databaseUrl = '', load = '{}'] = process.argv.slice(2)
process.send?.(await bulkheadScene(databaseUrl, JSON.parse(load) as Load))
process.disconnect()
