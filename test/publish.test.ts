import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'

/** The dead-code finder brings a reader of YAML along. */
const { load } = createRequire(createRequire(import.meta.url).resolve('knip'))('js-yaml') as {
  load: (text: string) => unknown
}

interface Step {
  readonly name?: string
  readonly run?: string
  readonly 'working-directory'?: string
}
interface Part {
  readonly steps: readonly Step[]
  readonly permissions?: Readonly<Record<string, string>>
}
type Pipeline = Readonly<Record<'on' | 'permissions', unknown> & Record<'jobs', Readonly<Record<string, Part>>>>
const read = (path: string) => load(readFileSync(path, 'utf8')) as Pipeline
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const publish = read('.github/workflows/publish.yml')
const steps = publish.jobs.publish?.steps ?? []
const commands = steps.map(({ run }) => run ?? '')

it('only a published release publishes, with no right but to read and to sign', () => {
  expect(publish.on).toEqual({ release: { types: ['published'] } })
  expect(publish.permissions).toEqual({ contents: 'read' })
  expect(publish.jobs.publish?.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
})

it('publishes both packages with provenance, after everything was tested', () => {
  const published = steps.filter(({ run }) => run?.startsWith('npm publish'))
  expect(published.map(({ run }) => run)).toEqual(Array(2).fill('npm publish --provenance --access public'))
  expect(published.map((step) => step['working-directory'])).toEqual([undefined, 'create-midwatch'])
  const first = commands.findIndex((run) => run.startsWith('npm publish'))
  for (const before of ['.ci/run', 'npm run prove -- package']) {
    expect(commands.indexOf(before)).toBeGreaterThan(-1)
    expect(commands.indexOf(before)).toBeLessThan(first)
  }
})

it('the check of every push is the one of this checkout', () => {
  expect(read('.github/workflows/ci.yml').jobs.check?.steps.map(({ run }) => run)).toContain('.ci/run')
})

it('both packages have one version, which moves for both', () => {
  const [own, create] = [json('package.json'), json('create-midwatch/package.json')]
  expect(create.version).toBe(own.version)
  expect(create.private).toBeUndefined()
  expect(json('.changeset/config.json').fixed).toEqual([[own.name, create.name]])
  expect(json('lerna.json').packages).toEqual(['.', create.name])
})

it('the template runs its tests and its rehearsal in CI', () => {
  const { test } = read('templates/help-desk/.github/workflows/agents.yml').jobs
  const run = test?.steps.map((step) => step.run ?? '').join('\n') ?? ''
  for (const command of ['npm ci', 'npm test', 'npx midwatch rehearse --cases 2000']) expect(run).toContain(command)
})

it('the template is composed of a PostgreSQL that is healthy first, and a worker that has time to stop', () => {
  const { services, volumes } = load(readFileSync('templates/help-desk/compose.yaml', 'utf8')) as {
    services: Record<string, Record<string, unknown>>
    volumes: object
  }
  const worker = {
    build: '.',
    depends_on: { postgres: { condition: 'service_healthy' } },
    volumes: ['heads:/app/.midwatch'],
  }
  expect(services.worker).toMatchObject(worker)
  expect(services.postgres).toMatchObject({ image: 'postgres:18', volumes: ['ledger:/var/lib/postgresql'] })
  expect(Object.keys(volumes)).toEqual(['ledger', 'heads'])
  // While PostgreSQL sets itself up it answers on its socket, and then goes away once more.
  expect(JSON.stringify(services.postgres?.healthcheck)).toContain('pg_isready --host 127.0.0.1 ')
  // Whatever a person writes into .env holds there as well.
  const example = readFileSync('templates/help-desk/.env.example', 'utf8')
  const named = [...example.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name = '']) => name)
  expect(named).toContain('OPENAI_BASE_URL')
  expect(Object.keys(services.worker?.environment as object)).toEqual(expect.arrayContaining(named))
})

it('the image runs the worker itself, as a user who is not root', () => {
  const lines = readFileSync('templates/help-desk/Dockerfile', 'utf8').split('\n')
  expect(lines.indexOf('USER node')).toBeGreaterThan(lines.findIndex((line) => line.startsWith('COPY . .')))
  // The folder of the volume is the user's before it is a volume.
  expect(lines.indexOf('USER node')).toBeGreaterThan(lines.indexOf('VOLUME /app/.midwatch'))
  expect(lines.find((line) => line.includes('chown node:node .midwatch'))).toBeDefined()
  expect(lines.filter((line) => line.startsWith('FROM ')).length).toBe(2)
  expect(lines.at(-2)).toMatch(/^CMD \["node_modules\/\.bin\/midwatch", "worker", /)
})
