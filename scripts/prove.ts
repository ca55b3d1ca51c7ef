// Long proofs, too long for `npm test`: `npm run prove` lists them, `npm run prove -- NAME…` runs them, `-- all` runs every one.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { ROOT } from './setup/paths.mjs'

/** What each file of `test/prove/` exports. */
interface Proof {
  readonly name: string
  readonly about: string
  readonly run: () => Promise<{ readonly summary: string; readonly ok: boolean }>
}

const folder = join(ROOT, 'test/prove')

function isProof(module: Partial<Proof>): module is Proof {
  return typeof module.name === 'string' && typeof module.about === 'string' && typeof module.run === 'function'
}

async function load(): Promise<Proof[]> {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /^[^.]+\.ts$/.test(file)) : []
  const modules = await Promise.all(files.sort().map((file) => import(pathToFileURL(join(folder, file)).href)))
  return modules.filter(isProof)
}

async function prove(proof: Proof): Promise<boolean> {
  const begun = performance.now()
  console.log(`── ${proof.name}: ${proof.about}`)
  const { summary, ok } = await proof.run().catch((error) => ({ summary: inspect(error), ok: false }))
  console.log(
    `${ok ? 'proved' : 'NOT PROVED'} ${proof.name} in ${((performance.now() - begun) / 1000).toFixed(1)} s: ${summary}`,
  )
  return ok
}

function list(proofs: readonly Proof[]): void {
  for (const { name, about } of proofs) console.log(`${name.padEnd(12)} ${about}`)
  console.log(proofs.length > 0 ? '\nnpm run prove -- NAME… (or all)' : 'No proofs are registered in test/prove/.')
}

async function main(wanted: readonly string[]): Promise<number> {
  const proofs = await load()
  const unknown = wanted.filter((name) => name !== 'all' && !proofs.some((proof) => proof.name === name))
  if (wanted.length === 0 || unknown.length > 0) {
    list(proofs)
    for (const name of unknown) console.error(`No proof is called ${name}.`)
    return unknown.length > 0 ? 2 : 0
  }
  let failed = 0
  for (const proof of proofs) {
    if ((wanted.includes('all') || wanted.includes(proof.name)) && !(await prove(proof))) failed++
  }
  return failed > 0 ? 1 : 0
}

// Options (`--seed 7` as `--seed=7`) are the proofs' own to read.
// A proof that leaves a handle open must not keep the command from ending with its verdict.
process.exit(await main(process.argv.slice(2).filter((argument) => !argument.startsWith('--'))))
