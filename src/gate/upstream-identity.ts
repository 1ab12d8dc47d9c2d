import { checkServerIdentity, type PeerCertificate } from 'node:tls'

/** The part of TLS options (node:tls) that says whom an upstream must be to be believed. */
export interface UpstreamIdentity {
  ca?: string[]
  checkServerIdentity: (asked: string, certificate: PeerCertificate) => Error | undefined
}

/**
 * A certificate counts that names the upstream, or the host of the service: a server that was reached by its public name before the gate stood
 * in front of it has one for that. By themselves undici looks at the `Host` header alone, which is that of the service, and Node at the upstream.
 *
 * @param authorities PEM; undefined: the public ones.
 * @param service the host name of the service; undefined: the one of the `Host` header, by which undici asks.
 */
export function upstreamIdentity(
  upstream: URL,
  { authorities, service }: { authorities: readonly string[] | undefined; service?: string },
): UpstreamIdentity {
  const own = upstream.hostname.replace(/^\[|\]$/g, '')
  return {
    ...(authorities ? { ca: [...authorities] } : {}),
    checkServerIdentity: (asked, certificate) =>
      checkServerIdentity(own, certificate) === undefined
        ? undefined
        : checkServerIdentity(service ?? asked, certificate),
  }
}
