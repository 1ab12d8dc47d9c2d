import type { IncomingMessage } from 'node:http'
import type { TrustedProxies } from '../gate/trusted-proxies.ts'
import { rawHeaderList } from '../http.ts'
import { networkOf } from '../ip-address.ts'
import type { Logger } from '../log.ts'

/**
 * The network of whoever asks, for limits. Behind a proxy that is not trusted everybody has its address, so that all share one limit; the
 * log says so, once, before somebody's wrong passwords make all of them wait.
 */
export function createNetworkOfClient(
  proxies: TrustedProxies,
  log: Pick<Logger, 'warn'>,
): (request: IncomingMessage) => string {
  let said = false
  return (request) => {
    const forwardedFor = rawHeaderList(request, 'x-forwarded-for')
    if (!said && forwardedFor !== '' && !proxies.trusts(request.socket)) {
      said = true
      log.warn(
        { peer: request.socket.remoteAddress },
        'a request came by a proxy that is not in listen.trustedProxies: all people behind it count as one network, and share its limits of attempts',
      )
    }
    return networkOf(proxies.clientAddress(request.socket, forwardedFor))
  }
}
