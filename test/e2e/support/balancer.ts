import { once } from 'node:events'
import { request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Balancer {
  port: number
  close(): void
}

/** Milliseconds between two questions whether the server is ready. */
const asksEvery = 50

/**
 * Stands in front of one server, as a balancer does: asks `/readyz`, sends new connections there while it says 200, and keeps them waiting
 * while it does not, or while nobody listens. Knows nothing of what goes through.
 */
export async function startBalancer(backend: number): Promise<Balancer> {
  let isReady = true
  let isOpen = true
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, async (client) => {
    sockets.add(client)
    client.on('error', () => client.destroy()).once('close', () => sockets.delete(client))
    const far = await connected(client)
    if (far === undefined) return
    far.on('error', () => client.destroy()).once('close', () => client.destroy())
    client.once('close', () => far.destroy())
    client.pipe(far).pipe(client)
  })

  async function connected(client: Socket): Promise<Socket | undefined> {
    while (isOpen && !client.destroyed) {
      const far = isReady ? await tryToConnect(backend) : undefined
      if (far !== undefined) return far
      await sleep(20)
    }
    client.destroy()
    return undefined
  }

  void (async () => {
    while (isOpen) {
      isReady = (await readiness(backend)) === 200
      await sleep(asksEvery)
    }
  })()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () => {
      isOpen = false
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function tryToConnect(port: number): Promise<Socket | undefined> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  try {
    await once(socket, 'connect')
    return socket
  } catch {
    return undefined
  }
}

function readiness(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ port, host: '127.0.0.1', path: '/readyz', agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    asked.on('error', () => resolve(undefined)).end()
  })
}
