import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Call } from '../call.js'
import { EXIT } from '../exit.js'
import { initialise } from '../init/init.js'
import { TEMPLATES } from '../init/template.js'
import type { Reply, Verb } from '../verb.js'

export const init: Verb = {
  usage: 'init [folder]',
  says: 'Write a project: agent, tools, rehearsal, test, GitHub Action, Dockerfile. Overwrites nothing.',
  options: [
    ['--yes', 'ask nothing, take the defaults'],
    ['--template <name>', `what to start from: ${TEMPLATES.map(({ name }) => name).join(', ')}`],
    ['--install', 'install the dependencies too'],
    ['--midwatch <spec>', 'the midwatch that it depends on: a version, or a packed file as file:PATH'],
  ],
  act: writeProject,
}

async function writeProject(call: Call): Promise<Reply> {
  const done = await initialise({
    cwd: call.io.cwd,
    folder: call.arg(0) === '' ? null : call.arg(0),
    template: call.text('template'),
    midwatch: call.text('midwatch') ?? `^${ownVersion()}`,
    templates: fileURLToPath(new URL('templates', ROOT)),
    asks: call.io.watched && process.stdin.isTTY === true && !call.flag('yes') && !call.json,
    install: call.flag('install'),
    userAgent: call.io.env.npm_config_user_agent,
  })
  if (done.code === 'left') return { text: '', data: { code: done.code }, exit: EXIT.refused }
  const { code, plan, text, installed } = done
  const files = code === 'ok' ? plan.files.map(({ path }) => path) : []
  const added = code === 'ok' ? Object.fromEntries(plan.changes.map((one) => [one.path, one.added])) : {}
  const data = {
    code,
    folder: plan.folder,
    files,
    added,
    kept: plan.kept,
    inTheWay: plan.inTheWay,
    isModule: plan.isModule,
    installed,
  }
  return { text, data, exit: code === 'ok' ? EXIT.ok : EXIT.refused }
}

/** The package's own folder; as sources and as dist/ this module lies equally deep in it. */
const ROOT = new URL('../../../', import.meta.url)

const ownVersion = (): string => JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')).version
