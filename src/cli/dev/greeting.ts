import { type Definition, jsonSchemaOf } from '../../runtime/operator.js'
import { sampleOf } from './sample.js'

/** What is at work now, and how a run is started. */
export function greeting(definitions: readonly Definition[], p: { readonly on: string; readonly url: string }): string {
  const names = definitions.map(({ name, version }) => `${name}@${version}`)
  const [first] = definitions
  return [
    `Works ${names.join(', ') || 'nothing: the config runs no agent'}, on ${p.on}.`,
    `Answers HTTP at ${p.url}/v1, to this machine alone (${p.url}/openapi.json tells of it).`,
    ...(first ? ['Start a run:', ...commandsFor(first, p.url).map((line) => `  ${line}`)] : []),
  ].join('\n')
}

function commandsFor(definition: Definition, url: string): string[] {
  const { name, input } = definition
  const sample = sampleOf(jsonSchemaOf(input, name))
  const text = JSON.stringify(sample)
  const body = JSON.stringify({ agent: name, input: sample })
  const curl = `curl -s ${url}/v1/runs -H 'content-type: application/json' -d '${body}'`
  return [`npx midwatch run ${name} --input '${text}'`, curl]
}
