#!/usr/bin/env node
// `npm create midwatch`: the same as `midwatch init`, in a package that is small enough to be fetched for it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { initialise } from '../src/cli/init/init.js'
import { TEMPLATES } from '../src/cli/init/template.js'

const HELP = `Usage: npm create midwatch@latest [folder] -- [options]

  --yes              ask nothing, take the defaults
  --template <name>  what to start from: ${TEMPLATES.map(({ name }) => name).join(', ')}
  --install          install the dependencies too
  --midwatch <spec>  the midwatch that it depends on: a version, or a packed file as file:PATH
`

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ yes: { type: 'boolean', default: false }, install: { type: 'boolean', default: false } },
      ...{ template: { type: 'string' }, midwatch: { type: 'string' } },
      ...{ help: { type: 'boolean', default: false }, version: { type: 'boolean', default: false } },
    } as const,
  })
  if (values.help || values.version) {
    process.stdout.write(values.help ? HELP : `${version}\n`)
    return 0
  }
  const done = await initialise({
    cwd: process.cwd(),
    folder: positionals[0] ?? null,
    template: values.template,
    midwatch: values.midwatch ?? `^${version}`,
    templates: fileURLToPath(new URL('templates', import.meta.url)),
    asks: process.stdin.isTTY === true && process.stdout.isTTY === true && !values.yes,
    install: values.install,
    userAgent: process.env.npm_config_user_agent,
  })
  if (done.code === 'left') return 3
  process.stdout.write(`${done.text}\n`)
  return done.code === 'ok' ? 0 : 3
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`create-midwatch: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
