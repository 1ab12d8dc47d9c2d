import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { Agent, type IncomingMessage, type RequestListener, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { AppError } from '../errors.ts'
import { limitBodyTime } from './body-time.ts'
import { listenError, takeAddress } from './listening.ts'

const run = promisify(execFile)
const noGate = { wantsUpgrade: () => false, upgrade: () => false }

async function taken() {
  const address = await takeAddress({ host: '127.0.0.1', port: 0 })
  const { port } = address.server.address() as AddressInfo
  return { address, url: `http://127.0.0.1:${port}/` }
}

test('a request that comes before the server can answer waits for it', async () => {
  const { address, url } = await taken()

  const early = fetch(url)
  await new Promise((resolve) => address.server.once('request', resolve))
  address.open(noGate, (_request, response) => response.end('ready'))

  assert.equal(await (await early).text(), 'ready')
  assert.equal(await (await fetch(url)).text(), 'ready')
  await address.stop()
})

test('an address that cannot be listened on is refused with what is the matter', async () => {
  const { address } = await taken()
  const { port } = address.server.address() as AddressInfo
  const codeOf = (host: string, at: number) =>
    takeAddress({ host, port: at }).then(
      () => 'taken',
      ({ code }: AppError) => code,
    )

  assert.equal(await codeOf('127.0.0.1', port), 'address-in-use')
  assert.equal(await codeOf('192.0.2.1', 0), 'address-not-available')
  const forbidden = Object.assign(new Error('listen EACCES: permission denied 0.0.0.0:80'), { code: 'EACCES' })
  assert.equal(listenError(forbidden, { host: '0.0.0.0', port: 80 }).code, 'address-not-permitted')
  await address.stop()
})

test('a server that refuses to start drops who waits, at once', async () => {
  const { address, url } = await taken()
  const early = fetch(url).then(
    () => 'answered',
    () => 'dropped',
  )
  await new Promise((resolve) => address.server.once('request', resolve))
  const begun = performance.now()

  await address.stop()

  assert.equal(await early, 'dropped')
  assert.ok(performance.now() - begun < 2_000)
})

/** Sends a body of which the end never comes, and gives what is answered until the connection ends; undefined: it does not. */
async function sendForEver(port: number, patience: number): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20)
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)))
  const ended = await Promise.race([closed, sleep(patience, false, { ref: false })])
  clearInterval(timer)
  socket.destroy()
  return ended ? received : undefined
}

test('an upload to a service may take as long as it likes; a body that this server reads, and the rest of one that it refused, may not', async (t) => {
  const address = await takeAddress({ host: '127.0.0.1', port: 0 }, { rest: 200 })
  t.after(() => address.stop())
  const { port } = address.server.address() as AddressInfo
  let answer: RequestListener = () => {}
  address.open(noGate, (request, response) => answer(request, response))

  answer = (request) => void request.resume()
  assert.equal(await sendForEver(port, 1000), undefined)
  assert.equal(address.server.requestTimeout, 0)
  assert.equal(address.server.headersTimeout, 60_000)

  answer = (request) => {
    limitBodyTime(request, 200)
    request.resume()
  }
  assert.match((await sendForEver(port, 5000)) ?? '', /^HTTP\/1.1 408 /)

  answer = (_, response) => response.writeHead(401).end('no')
  const refused = (await sendForEver(port, 5000)) ?? ''
  assert.match(refused, /^HTTP\/1.1 401 /)
  assert.doesNotMatch(refused, /408/)
})

test('a body that arrives in time is read, and the connection is used again', async (t) => {
  const address = await takeAddress({ host: '127.0.0.1', port: 0 }, { rest: 50 })
  t.after(() => address.stop())
  const { port } = address.server.address() as AddressInfo
  address.open(noGate, async (request, response) => {
    limitBodyTime(request, 50)
    response.end(`${await text(request)} ${request.socket.remotePort}`)
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const send = async () => {
    const sent = request({ port, host: '127.0.0.1', method: 'POST', agent })
    sent.end('hello')
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return text(answer)
  }

  const first = await send()
  await sleep(150)
  const second = await send()

  assert.match(first, /^hello \d+$/)
  assert.equal(second, first)
})

test('requests that could be read as two are refused, whatever Node is told about its parser [smuggle-cl-te]', async () => {
  const code = `
    import { connect } from 'node:net'
    import { takeAddress } from '${new URL('./listening.ts', import.meta.url).href}'
    const address = await takeAddress({ host: '127.0.0.1', port: 0 })
    address.open({ wantsUpgrade: () => false, upgrade: () => false }, (request, response) => response.end('taken'))
    for (const line of ['Transfer-Encoding: chunked', 'X: y']) {
      const socket = connect(address.server.address().port, '127.0.0.1')
      socket.write('POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 5\\r\\n' + line + '\\r\\nConnection: close\\r\\n\\r\\n0\\r\\n\\r\\n')
      for await (const chunk of socket) process.stdout.write(String(chunk).split('\\r\\n')[0] + ' ')
    }
    await address.stop()`

  const { stdout } = await run(process.execPath, ['--insecure-http-parser', '--input-type=module', '--eval', code])

  assert.equal(stdout, 'HTTP/1.1 400 Bad Request HTTP/1.1 200 OK ')
})
