import { parseJson } from './parse-json.js'
import { problem } from './problem.js'

/** What a body may be at most. */
export interface BodyLimits {
  readonly bodyBytes: number
  readonly bodyDepth: number
}

/**
 * The JSON of a request; undefined where it has no body. Throws a problem: `unsupported_media_type`, `body_too_large`,
 * `invalid_request`. No more than the limit is ever kept.
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<unknown> {
  const bytes = await readBytes(request, limits.bodyBytes)
  if (bytes.length === 0) return undefined
  const type = request.headers.get('content-type') ?? ''
  if (!isJson(type) || !isPlain(request.headers.get('content-encoding'))) {
    throw problem('unsupported_media_type', 'Send the body as application/json in UTF-8, not encoded otherwise.', {
      headers: { 'accept-post': 'application/json' },
    })
  }
  return parseJson(textOf(bytes), limits.bodyDepth)
}

/** The bytes of a body as they came. Throws `body_too_large`. */
export async function readBytes(request: Request, most: number): Promise<Uint8Array> {
  const tooLarge = () => problem('body_too_large', `The body is longer than ${most} bytes.`)
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooLarge()
  if (!request.body) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > most) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const isJson = (type: string): boolean =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;\s*charset="?utf-?8"?\s*)?$/i.test(type)

const isPlain = (encoding: string | null): boolean => encoding === null || encoding.toLowerCase() === 'identity'

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw problem('invalid_request', 'The body is not UTF-8.', { misfits: [{ at: 'body', says: 'it is not UTF-8' }] })
  }
}
