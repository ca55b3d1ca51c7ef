import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import type { Api } from './app.js'
import { listen } from './server.js'

const saying = (fetch: Api['fetch']): Api => ({ fetch })

it('serves on a free port, says who asks, and stops when what is under way is answered', async () => {
  let go: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  let came: () => void = () => undefined
  const asked = new Promise<void>((resolve) => {
    came = resolve
  })
  const server = await listen(
    saying(async (_request, from) => {
      came()
      await held
      return new Response(from?.address)
    }),
    { host: '127.0.0.1', port: 0 },
  )
  const answer = fetch(server.url)
  await asked
  const closed = server.close()
  go()
  expect(await (await answer).text()).toBe('127.0.0.1')
  await closed
  await expect(fetch(server.url)).rejects.toThrow()
})

it('says that a port is taken', async () => {
  const first = await listen(
    saying(async () => new Response('first')),
    { host: '127.0.0.1', port: 0 },
  )
  const port = Number(new URL(first.url).port)
  const second = listen(
    saying(async () => new Response('second')),
    { host: '127.0.0.1', port },
  )
  await expect(second).rejects.toMatchObject({ code: 'port_taken' })
  await first.close()
})

const LARGE = new Uint8Array(1_000_000)

/** Opens a connection, asks, and reads no more than so much of what comes. */
async function asking(url: string, mostBytes: number): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  let bytes = 0
  socket.on('data', (part) => {
    bytes += part.length
    if (bytes >= mostBytes) socket.pause()
  })
  await once(socket, 'data')
  return socket
}

it('cuts off a client that takes nothing any more of what waits for it, and lets its answer go', async () => {
  let gone: () => void = () => undefined
  const isGone = new Promise<void>((resolve) => {
    gone = resolve
  })
  let given = 0
  const endless = new ReadableStream({
    pull: (out) => {
      given += 1
      out.enqueue(LARGE)
    },
    cancel: () => gone(),
  })
  const server = await listen(
    saying(async () => new Response(endless)),
    { host: '127.0.0.1', port: 0, stuckMs: 100 },
  )
  const socket = await asking(server.url, 1)
  await isGone
  // What the sockets hold, and no more was asked for.
  expect(given).toBeLessThan(50)
  socket.destroy()
  await server.close()
})

it('keeps a client whose stream has nothing to say', async () => {
  let say: (text: string) => void = () => undefined
  const quiet = new ReadableStream({
    start: (out) => {
      say = (text) => out.enqueue(new TextEncoder().encode(text))
      say('first')
    },
  })
  const server = await listen(
    saying(async () => new Response(quiet)),
    { host: '127.0.0.1', port: 0, stuckMs: 20 },
  )
  const answer = await fetch(server.url)
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  await reader.read()
  // Another connection's time passes meanwhile, and the first one's with it.
  const other = connect(Number(new URL(server.url).port), '127.0.0.1')
  await once(other.setTimeout(60), 'timeout')
  other.destroy()
  say('second')
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('second')
  await reader.cancel()
  await server.close(10)
})

it('cuts what does not end within its time', async () => {
  const endless = new ReadableStream({ start: (out) => out.enqueue(new TextEncoder().encode('a')) })
  const server = await listen(
    saying(async () => new Response(endless)),
    { host: '127.0.0.1', port: 0 },
  )
  const answer = await fetch(server.url)
  await server.close(10)
  await expect(answer.text()).rejects.toThrow()
})
