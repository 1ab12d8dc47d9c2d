import { createServer, type RequestListener, type Server } from 'node:http'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate/gate.ts'

/** Listens, and gives connections that change their protocol to the gate. Throws `address-in-use`. */
export async function listen(
  { host, port }: { host: string; port: number },
  gate: Pick<Gate, 'wantsUpgrade' | 'upgrade'>,
  answer: RequestListener,
): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 65_000, shouldUpgradeCallback: gate.wantsUpgrade }, answer)
  server.on('upgrade', (request, socket, head) => {
    if (!gate.upgrade(request, socket, head)) socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new AppError('address-in-use', { host, port }, { cause })))
    server.listen(port, host, resolve)
  })
  return server
}

/** Takes no more connections; what is under way may finish, but not for ever. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const impatience = setTimeout(() => server.closeAllConnections(), 5_000)
  await closed
  clearTimeout(impatience)
}
