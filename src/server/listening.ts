import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate/gate.ts'

export interface TakenAddress {
  server: Server
  /** From now on, answers requests; connections that change their protocol go to the gate. */
  open(gate: Pick<Gate, 'wantsUpgrade' | 'upgrade'>, answer: RequestListener): void
}

/** Listens before the server can answer: until `open`, every request gets 503. Throws `address-in-use`. */
export async function takeAddress({ host, port }: { host: string; port: number }): Promise<TakenAddress> {
  let gate: Pick<Gate, 'wantsUpgrade' | 'upgrade'> | undefined
  const shouldUpgradeCallback: Gate['wantsUpgrade'] = (request) => gate?.wantsUpgrade(request) ?? false
  const server = createServer({ keepAliveTimeout: 65_000, shouldUpgradeCallback }, notReady)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new AppError('address-in-use', { host, port }, { cause })))
    server.listen(port, host, resolve)
  })
  return {
    server,
    open: (mounted, answer) => {
      gate = mounted
      server.on('upgrade', (request, socket, head) => {
        if (!mounted.upgrade(request, socket, head)) socket.destroy()
      })
      server.off('request', notReady).on('request', answer)
    },
  }
}

function notReady(_request: unknown, response: ServerResponse): void {
  response.writeHead(503, { 'retry-after': '1', connection: 'close', 'content-length': 0 }).end()
}

/** Accepts no more connections; open requests may finish, within a limit. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const impatience = setTimeout(() => server.closeAllConnections(), 5_000)
  await closed
  clearTimeout(impatience)
}
