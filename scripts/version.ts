// The second half of `npm run release:version`: gives what CHANGELOG.md has under Unreleased the heading of the new version.
import { readFileSync, writeFileSync } from 'node:fs'
import { run } from './setup/spawn.mjs'
import { npm } from './setup/steps.mjs'

const UNRELEASED = '## Unreleased\n'

/** The new version's heading takes over what stood under Unreleased; a version that has one already stays as it is. */
function dated(changelog: string, version: string, day: string): string {
  if (!changelog.includes(UNRELEASED)) throw new Error(`CHANGELOG.md has no line '${UNRELEASED.trim()}'.`)
  if (changelog.includes(`\n## ${version} (`)) return changelog
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n## ${version} (${day})\n`)
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const day = new Date().toISOString().slice(0, 10)
writeFileSync('CHANGELOG.md', dated(readFileSync('CHANGELOG.md', 'utf8'), version, day))
// The lock file names the version too.
process.exitCode = await run([...npm(), 'install', '--package-lock-only', '--ignore-scripts'])
