import type { Dialect, HostTable } from './dialect.ts'

/**
 * nginx's auth_request, in the ways that oauth2-proxy, ingress-nginx and our own files write it: X-Original-URL, X-Original-URI or
 * X-Forwarded-Uri; X-Original-Method or X-Forwarded-Method; Host, X-Forwarded-Host or the host inside X-Original-URL.
 *
 * nginx passes on everything that the client adds to the headers that the file sets. So all that are present must agree: at least one is
 * nginx's own, or honest requests would fail as well (the gate refuses when the rules need something that no header says).
 *
 * nginx understands 2xx, 401 and 403; anything else becomes a 500. It takes an absolute Location from a 401:
 * `auth_request_set $loc $upstream_http_location; error_page 401 =302 $loc`.
 */
export const nginx: Dialect = {
  prefix: '/oauth2/auth',
  takesRest: false,
  signIn: 'location',
  passesErrors: false,
  original({ head }, hosts) {
    const { originalUrl } = head
    const slash = pathBegins(originalUrl)
    const target = agreed(slash < 0 ? '/' : originalUrl.slice(slash), head.originalUri, head.forwardedUri)
    const method = agreed(head.originalMethod, head.forwardedMethod, '')
    const host = agreed(
      hosts.get(head.host.toLowerCase())?.host ?? '', // It may be the gate's own address, which tells nothing.
      canonicalHost(slash === 0 ? '' : hostOf(originalUrl, slash), hosts),
      canonicalHost(head.forwardedHost, hosts),
    )
    if (target === disagreement || method === disagreement || host === disagreement) {
      return {
        problem: 'Headers about the original request contradict each other: set all of them in nginx, or none.',
      }
    }
    if (host === undefined) {
      return { problem: 'Set Host (or X-Original-URL) to the one of the service: proxy_set_header Host $host;' }
    }
    return { host, target, method }
  },
}

const disagreement = Symbol('disagreement')

/** The common value of the headers that are present; undefined when none is. */
function agreed(one: string, two: string, three: string): string | undefined | typeof disagreement {
  const told = one || two || three
  if (told === '') return undefined
  return (two !== '' && two !== told) || (three !== '' && three !== told) ? disagreement : told
}

/** Where the path of `scheme://host/path` begins; 0 for what has no scheme, -1 when there is a scheme and no path. */
function pathBegins(url: string): number {
  if (!/^https?:\/\//i.test(url)) return 0
  return url.indexOf('/', url.indexOf('//') + 2)
}

function hostOf(url: string, slash: number): string {
  return url.slice(url.indexOf('//') + 2, slash < 0 ? url.length : slash)
}

/** In the spelling of the configuration, so that `app.test` and `APP.test:443` agree. */
function canonicalHost(host: string, hosts: HostTable): string {
  if (host === '') return ''
  return hosts.get(host)?.host ?? hosts.get(host.toLowerCase())?.host ?? host
}
