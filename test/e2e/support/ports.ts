import { once } from 'node:events'
import { createServer } from 'node:net'

const given = new Set<number>()

/** A free port of 127.0.0.1 that this process has not used before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
    if (given.has(address.port)) continue
    given.add(address.port)
    return address.port
  }
}
