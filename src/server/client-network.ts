import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TrustedProxies } from '../gate/trusted-proxies.ts'
import { rawHeaderList } from '../http.ts'
import { networkOf } from '../ip-address.ts'
import type { Logger } from '../log.ts'

/** Who asks, as far as the connection tells. */
export interface Client {
  /** The address, behind the trusted proxies. */
  address: string
  /** Its network, for limits (ip-address.ts). */
  network: string
  /** The refusal of which the log has had enough for now, and until when, so that a flood costs no more than a glance. */
  silent?: { code: string; until: number }
}

/** Clients that are remembered: reading an address costs more than finding it again. */
const mostRemembered = 10_000
const longestRemembered = 200

/**
 * The address and the network of whoever asks. Behind a proxy that is not trusted everybody has its address, so that all share one limit;
 * the log says so, once, before somebody's wrong passwords make all of them wait.
 */
export function createClientOf(
  proxies: TrustedProxies,
  log: Pick<Logger, 'warn'>,
): (request: IncomingMessage) => Client {
  let said = false
  const known = new Map<string, Client>()

  function remembered(key: string, address: string): Client {
    const client = { address, network: networkOf(address) }
    // Whoever forwards may be sent long lists, which are not worth the memory.
    if (key.length > longestRemembered) return client
    if (known.size >= mostRemembered) known.clear()
    known.set(key, client)
    return client
  }

  // Most connections bring one client, or the same one several times.
  const last = new WeakMap<Socket, { forwardedFor: string; client: Client }>()

  return (request) => {
    const { socket } = request
    const before = last.get(socket)
    const forwardedFor = rawHeaderList(request, 'x-forwarded-for')
    if (before?.forwardedFor === forwardedFor) return before.client
    const client = find(request, forwardedFor)
    last.set(socket, { forwardedFor, client })
    return client
  }

  function find({ socket }: IncomingMessage, forwardedFor: string): Client {
    const peer = socket.remoteAddress ?? ''
    const forwarded = forwardedFor !== '' && proxies.trusts(socket)
    if (!said && !forwarded && forwardedFor !== '') {
      said = true
      log.warn(
        { peer: socket.remoteAddress },
        'a request came by a proxy that is not in listen.trustedProxies: all people behind it count as one network, and share its limits of attempts',
      )
    }
    const key = forwarded ? `${peer} ${forwardedFor}` : peer
    return known.get(key) ?? remembered(key, proxies.clientAddress(socket, forwardedFor))
  }
}

/** The network of whoever asks, for limits. */
export function createNetworkOfClient(
  proxies: TrustedProxies,
  log: Pick<Logger, 'warn'>,
): (request: IncomingMessage) => string {
  const clientOf = createClientOf(proxies, log)
  return (request) => clientOf(request).network
}
