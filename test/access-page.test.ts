import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ROLES } from '../src/core/access.js'
import { LIMITS } from '../src/core/limits.js'
import { tool } from '../src/index.js'
import { wireLook } from '../src/runtime/redact/marked-schemas.js'
import { redacted } from '../src/runtime/redact/redacted.js'
import type { AnyTool } from '../src/tools/tool.js'
import { terminal } from './cli/terminal.js'

const page = readFileSync('docs/access.md', 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text ?? '')

describe('docs/access.md', () => {
  it('has commands that run', async () => {
    const { say } = terminal()
    const lines = blocks('sh').flatMap((block) => block.trim().split('\n'))
    expect(lines.length).toBeGreaterThan(2)
    for (const line of lines) expect(await say(...line.split(' ').slice(1))).toMatchObject({ exit: 0, err: '' })
  })

  it('has a tool whose marked fields are private', () => {
    const [code = ''] = blocks('ts')
    const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS } })
    const parts: Record<string, unknown> = { zod: { z }, midwatch: { tool } }
    const exported: { findCustomer?: AnyTool } = {}
    new Function('require', 'exports', outputText)((name: string) => parts[name], exported)
    const { spec } = exported.findCustomer as AnyTool
    expect(redacted({ passport: 'X1', country: 'PT' }, wireLook(spec.input))).toEqual({
      passport: '[private]',
      country: 'PT',
    })
    expect(JSON.stringify(spec.jsonSchema)).not.toContain('private')
  })

  it('says the bound by which a revocation is heard, and has every role', () => {
    expect(LIMITS.token_cache_ms).toBe(5_000)
    expect(page).toContain('A revocation is heard within five seconds.')
    const rows = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, role]) => role)
    expect(rows).toEqual([...ROLES])
  })
})
