import { relative } from 'node:path'
import type { Plan } from './plan.js'

const RUN = `midwatch run help-desk --input '{"from":"ann@example.com","message":"ann@example.com needs the VPN"}'`

const NO_MODULE = `package.json does not say "type": "module", and there is code here that this could change, so it stays as it is.
midwatch itself runs either way; import.meta.url, await outside of functions and tsc want it: npm pkg set type=module
(or init in a folder of its own: midwatch init FOLDER)`

/** What was written, what was left alone, and the next commands. */
export function toldOf(
  plan: Plan,
  p: { readonly cwd: string; readonly installed: boolean; readonly npm: string },
): string {
  const { files, changes, kept, isModule } = plan
  const folder = relative(p.cwd, plan.folder)
  const steps = [
    ...(folder === '' ? [] : [`cd ${folder}`]),
    ...(p.installed ? [] : [`${p.npm} install`]),
    'npx midwatch dev       (goes on until Ctrl-C: the rest in another terminal)',
    `npx ${RUN}`,
    'npx midwatch rehearse --mode explore --cases 500',
  ]
  return [
    `Wrote ${files.length} files${folder === '' ? '' : ` into ${folder}`}: ${foldersOf(files.map(({ path }) => path))}`,
    ...changes.map(({ path, added }) => `Added to ${path}:\n${added.map((line) => `  ${line}`).join('\n')}`),
    ...(kept.length > 0 ? [`Left as they are: ${kept.join(', ')}`] : []),
    ...(isModule ? [] : [NO_MODULE]),
    '',
    'Next:',
    ...steps.map((step) => `  ${step}`),
    '',
    'A scripted model answers until MIDWATCH_MODEL is set (.env.example).',
  ].join('\n')
}

/** What stands in the way, and what to do. */
export function inTheWayText({ folder, inTheWay }: Plan): string {
  return [
    `Nothing was written: in ${folder} there is already`,
    ...inTheWay.map((path) => `  ${path}`),
    'Move them, or choose another folder: midwatch init FOLDER',
  ].join('\n')
}

/** Folders by their name, files at the root by theirs. */
function foldersOf(paths: readonly string[]): string {
  return [...new Set(paths.map((path) => path.replace(/^((?:\.github\/workflows|[^/]+)\/).*/, '$1')))].join(' ')
}
