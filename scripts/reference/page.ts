import { type Exported, exportedBy, type Field } from './exported.js'

/** What a program may import, and where it is declared. */
const ENTRIES: readonly { readonly module: string; readonly file: string; readonly about: string }[] = [
  { module: 'midwatch', file: 'src/index.ts', about: 'The runtime, and what definitions are made of.' },
  { module: 'midwatch/testing', file: 'src/testing/index.ts', about: 'Scripted models and a clock that tests move.' },
  {
    module: 'midwatch/testing/ledger',
    file: 'src/testing/ledger-conformance.ts',
    about: 'The suite that every ledger passes; it needs vitest.',
  },
  { module: 'midwatch/rehearse', file: 'src/rehearse/index.ts', about: 'Rehearsals, and looking back.' },
]

/** Where a name stands within its module: the first that fits its file. */
const GROUPS: readonly (readonly [heading: string, file: RegExp])[] = [
  ['MCP', /^src\/tools\/mcp\//],
  ['Tools', /^src\/tools\//],
  ['Loops that are not ours', /^src\/runtime\/govern\//],
  ['Policy', /^src\/govern\//],
  ['Sessions', /session|summarize/],
  ['HTTP', /^src\/http\/|core\/access/],
  ['Models', /^src\/models\//],
  ['Agents and flows', /^src\/orchestrator\/(agent|ctx|flow|schedule)/],
  ['Runs and the runtime', /^src\/(index|runtime)\.ts|^src\/(orchestrator|services|runtime)\//],
  ['Playing and judging', /^src\/rehearse\//],
  ['Models and clocks', /^src\/testing\//],
  ['The ledger and the words', /^src\//],
]

const codeOf = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``)

/** Types of which an author needs each field: what a scenario is written in, and what its expectations are given. */
const FIELD_BY_FIELD: ReadonlySet<string> = new Set([
  ...['After', 'Asked', 'Expectations', 'Message', 'PersonSays', 'ScenarioOptions', 'Stage', 'StandIn', 'Story'],
  ...['Act', 'Escalation', 'RunEnd', 'RunFacts', 'Ruled', 'Entry', 'EntryFacts', 'RunRow', 'EffectRow'],
])

function lineOf({ name, kind, signature, about, fields }: Exported): string {
  const lines = [`- **\`${name}\`** (${kind})${about === '' ? '' : `: ${about}`}`, `  ${codeOf(signature)}`].join(
    '\\\n',
  )
  return [lines, ...(FIELD_BY_FIELD.has(name) ? fields.map(fieldLine) : [])].join('\n')
}

const fieldLine = ({ name, type, about }: Field): string =>
  `  - ${codeOf(type.startsWith('(') && !type.includes('=>') ? `${name}${type}` : `${name}: ${type}`)}${about === '' ? '' : `: ${about}`}`

function partOf({ module, file, about }: (typeof ENTRIES)[number]): string[] {
  const all = exportedBy(file)
  const groupOf = ({ file: declaredIn }: Exported) => GROUPS.find(([, pattern]) => pattern.test(declaredIn))?.[0]
  const groups = GROUPS.map(([heading]) => [heading, all.filter((one) => groupOf(one) === heading)] as const)
  const filled = groups.filter(([, members]) => members.length > 0)
  return [
    `## \`${module}\``,
    about,
    ...filled.flatMap(([heading, members]) => [
      ...(filled.length > 1 ? [`### ${heading}`] : []),
      members.map(lineOf).join('\n'),
    ]),
  ]
}

/** `docs/reference.md`, as the code has it now. */
export function referencePage(): string {
  const parts = [
    '# Reference',
    'Every name that a program may import, from the code itself: `npm run reference` writes this page, and a test fails when it is old. The options of commands stand in [cli.md](cli.md), routes in [http.md](http.md), codes in [errors/](errors/).',
    ...ENTRIES.flatMap(partOf),
  ]
  return `${parts.join('\n\n')}\n`
}
