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
