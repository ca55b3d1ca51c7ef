import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { chunksOf, completionOf, requestOfWire, type WireRequest } from './model-server-wire.js'
import { type Answer, answerOf, brokenText, type HttpAnswer, httpFaultOf } from './scripted-model-answer.js'
import { type FaultReply, type Replies, replyTo, type ScriptedRequest } from './scripted-model-reply.js'

export interface ModelServerOptions {
  readonly replies: Replies
  /** Default: any free one. */
  readonly port?: number
}

/** A scripted model behind a real OpenAI-compatible server on loopback. */
export interface ModelServer {
  /** For a provider's `baseURL`; ends in `/v1`. */
  readonly url: string
  /** All calls so far, the faulty ones included: one for each HTTP request. */
  readonly requests: readonly ScriptedRequest[]
  /** Cuts what is still open. */
  close(): Promise<void>
}

/** Serves `POST /v1/chat/completions`, whole and streamed, by the same replies as `scriptedModel`. */
export async function modelServer(options: ModelServerOptions): Promise<ModelServer> {
  const requests: ScriptedRequest[] = []
  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    if (incoming.method !== 'POST' || incoming.url !== '/v1/chat/completions') return send(response, NOT_FOUND)
    const wire = JSON.parse(await bodyOf(incoming)) as WireRequest
    const request = requestOfWire(wire, requests.length + 1)
    requests.push(request)
    const reply = await replyTo(options.replies, request)
    if ('fault' in reply) return fail(reply, request, response)
    if (reply.afterMs !== undefined) await setTimeout(reply.afterMs)
    return say(answerOf(reply, request), wire, response)
  }
  const server = createServer((incoming, response) => {
    // A script that throws is the test's mistake: 500 with its words, as the nearest that HTTP has.
    serve(incoming, response).catch((error) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${port}/v1`, requests, close }
}

async function say(answer: Answer, wire: WireRequest, response: ServerResponse): Promise<void> {
  const model = wire.model ?? 'scripted'
  if (wire.stream !== true) return send(response, ok(text(completionOf(answer, model))))
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const chunk of chunksOf(answer, model, wire.stream_options?.include_usage === true)) {
    if (response.destroyed) return
    response.write(`data: ${text(chunk)}\n\n`)
    // One chunk a turn, so that a reader sees them come and may hang up in between.
    await new Promise((resolve) => setImmediate(resolve))
  }
  response.end('data: [DONE]\n\n')
}

function fail(reply: FaultReply, request: ScriptedRequest, response: ServerResponse): void {
  const http = httpFaultOf(reply)
  if (http) send(response, http)
  else if (reply.fault !== 'timeout') breakOff(reply, request, response)
  // A timeout is an answer that never comes: the connection stays until the other side gives up.
}

function breakOff(reply: FaultReply, request: ScriptedRequest, response: ServerResponse): void {
  const said = answerOf({ text: brokenText(reply), ignoresCap: true }, request)
  if (request.stream) breakStream(reply, said, response)
  else breakBody(reply, text(completionOf(said, 'scripted')), response)
}

/** Half of the body: all there is, or cut with more announced. */
function breakBody(reply: FaultReply, whole: string, response: ServerResponse): void {
  const body = Buffer.from(whole)
  const half = body.subarray(0, body.length / 2)
  const length = reply.fault === 'cut' ? body.length : half.length
  response.writeHead(200, { ...JSON_TYPE, 'content-length': String(length) })
  response.write(half, () => (reply.fault === 'cut' ? response.destroy() : response.end()))
}

/** After what was said the connection is cut, or one event ends in the middle. */
function breakStream(reply: FaultReply, said: Answer, response: ServerResponse): void {
  const events = [...chunksOf(said, 'scripted', false)].slice(0, -1).map((chunk) => `data: ${text(chunk)}\n\n`)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  if (reply.fault === 'cut') response.write(events.join(''), () => response.destroy())
  else response.end(`${events.join('')}data: {"id":"chatcmpl-scripted","choices":[{"ind\n\n`)
}

const JSON_TYPE = { 'content-type': 'application/json' }

const NOT_FOUND: HttpAnswer = { status: 404, headers: JSON_TYPE, body: '{"error":{"message":"No such route."}}' }

function ok(body: string): HttpAnswer {
  return { status: 200, headers: JSON_TYPE, body }
}

function send(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.writeHead(status, headers).end(body)
}

function text(value: object): string {
  return JSON.stringify(value)
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
