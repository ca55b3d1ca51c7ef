import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import { durationMs } from '../core/time.js'
import type { Model, ModelPort } from './port.js'

export interface ModelSettings {
  readonly model: ModelPort
  readonly maxOutputTokens: number
  readonly temperature?: number
  readonly providerOptions?: object
  readonly timeoutMs: number
}

/** Without a cap no worst case exists, so there always is one. */
export const DEFAULT_MAX_OUTPUT_TOKENS = 2_048

/** A model with every setting filled in. Throws `invalid_definition`, `invalid_duration`. */
export function modelSettings(model: Model): ModelSettings {
  const given = 'model' in model ? model : { model }
  checkPort(given.model)
  const maxOutputTokens = given.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS
  if (!Number.isSafeInteger(maxOutputTokens) || maxOutputTokens < 1) {
    throw invalid(`maxOutputTokens of '${given.model.modelId}' is ${maxOutputTokens}; give a whole number from 1.`)
  }
  return {
    model: given.model,
    maxOutputTokens,
    timeoutMs: given.timeout === undefined ? LIMITS.model_timeout_ms : durationMs(given.timeout),
    ...(given.temperature !== undefined && { temperature: given.temperature }),
    ...(given.providerOptions && { providerOptions: given.providerOptions }),
  }
}

/** What types cannot promise at run time: older provider packages and plain JavaScript. */
function checkPort(port: ModelPort): void {
  const version: string = port?.specificationVersion
  if (version !== 'v3' && version !== 'v4') {
    throw invalid(
      `A model of provider specification '${version}' cannot be used; give a v3 or v4 model object (AI SDK 6 or 7 provider packages).`,
    )
  }
}

function invalid(message: string): MidwatchError {
  return new MidwatchError('invalid_definition', message)
}
