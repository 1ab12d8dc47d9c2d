import type { IncomingMessage } from 'node:http'
import type { TrustedProxies } from '../gate/trusted-proxies.ts'
import { rawHeader } from '../http.ts'
import { recordOf } from '../request-record.ts'

/** What nginx (`$request_id`), Envoy, Traefik and load balancers send: nothing in it that a line, a header or a command line reads as more. */
const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._:=+/-]{7,127}$/

/** Takes the id that a trusted proxy has given a request, so that its log and ours say the same. */
export function takeGivenId(request: IncomingMessage, proxies: Pick<TrustedProxies, 'trusts'>): void {
  if (!proxies.trusts(request.socket)) return
  const given = rawHeader(request, 'x-request-id')
  if (given === undefined || !wellFormed.test(given)) return
  const record = recordOf(request)
  record.id = given
  record.given = true
}
