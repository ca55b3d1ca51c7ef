import './env.js'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { ModelPort } from 'midwatch'
import { type Reply, type ScriptedRequest, scriptedModel } from 'midwatch/testing'
import { script } from './script.js'

const { MIDWATCH_MODEL: name, OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL } = process.env

/** The model that MIDWATCH_MODEL names, behind any OpenAI-compatible API; else the script, which needs no key. */
export function deskModel(): ModelPort {
  if (!name) return scriptedModel({ replies: scripted })
  const url = baseURL || 'https://api.openai.com/v1'
  return createOpenAICompatible({ name: 'openai', baseURL: url, ...(apiKey && { apiKey }) })(name)
}

const LOUD = `
  ┌──────────────────────────────────────────────────────────────────────────────┐
  │  A SCRIPTED MODEL answers: no key is needed, and nothing is understood.       │
  │  For a real one set MIDWATCH_MODEL and OPENAI_API_KEY, here or in .env        │
  └──────────────────────────────────────────────────────────────────────────────┘
`
let isTold = false

/** Says once, when it is first asked, that it is no model. */
function scripted(request: ScriptedRequest): Reply {
  if (!isTold) console.error(LOUD)
  isTold = true
  return script(request)
}
