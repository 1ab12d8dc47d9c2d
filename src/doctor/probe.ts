import { lookup } from 'node:dns/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import * as z from 'zod'
import { type Trust, tlsOptions } from '../config/network.ts'
import { type Answer, timeLimit } from './guarded-fetch.ts'

const texts = z.array(z.string())

/** The part of the discovery document that the checks read. */
export const DiscoveryDocument = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url().optional().catch(undefined),
  end_session_endpoint: z.url().optional().catch(undefined),
  token_endpoint: z.url().optional().catch(undefined),
  jwks_uri: z.url().optional().catch(undefined),
  response_types_supported: texts.optional().catch(undefined),
  token_endpoint_auth_methods_supported: texts.optional().catch(undefined),
  code_challenge_methods_supported: texts.optional().catch(undefined),
  id_token_signing_alg_values_supported: texts.optional().catch(undefined),
  scopes_supported: texts.optional().catch(undefined),
  claims_supported: texts.optional().catch(undefined),
})
export type DiscoveryDocument = z.infer<typeof DiscoveryDocument>

export type Hop = 'DNS' | 'TCP' | 'TLS' | 'HTTP' | 'JSON'

export interface CertificateSeen {
  subject: string
  /** Subject alternative names. */
  names: string
  issuer: string
  validFrom: Date
  validTo: Date
  /** OpenSSL's code for what is wrong with the chain; undefined when it is trusted. */
  chainError: string | undefined
  /** Whether it names the requested host. */
  namesHost: boolean
}

/** The target of a probe: the discovery document of an issuer, and whom to trust on the way. */
export interface Probed {
  discoveryUrl: string
  trust: Trust
}

/** The way to a provider, hop by hop, up to the first that fails. */
export interface Probe {
  host: string
  port: number
  /** What was seen at each hop that was reached. */
  hops: Partial<Record<Hop | 'proxy', string>>
  failure?: { hop: Hop; reason: string }
  certificate?: CertificateSeen
  answer?: Answer
  document?: DiscoveryDocument
}

export interface ProbeSurroundings {
  ask: (url: string) => Promise<Answer>
  proxy: string | undefined
}

/** Fetches the discovery document of a provider. Never throws: a failure is part of the result. */
export async function probeProvider(provider: Probed, surroundings: ProbeSurroundings): Promise<Probe> {
  const url = new URL(provider.discoveryUrl)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const probe: Probe = { host, port, hops: {} }
  let hop: Hop = 'DNS'
  try {
    const { proxy } = surroundings
    if (proxy !== undefined) probe.hops.proxy = new URL(proxy).host
    const via = proxy === undefined ? { host, port } : proxyAddress(proxy)
    if (isIP(via.host) === 0) {
      const addresses = await lookup(via.host, { all: true })
      probe.hops.DNS = addresses.map(({ address }) => address).join(', ')
    }
    hop = 'TCP'
    const socket = proxy === undefined ? await openSocket(via) : await openTunnel(proxy, `${url.hostname}:${port}`)
    probe.hops.TCP = `${socket.remoteAddress ?? via.host} port ${socket.remotePort ?? via.port}`
    if (url.protocol === 'https:') {
      hop = 'TLS'
      const seen = await lookAtCertificate(socket, host, provider)
      probe.hops.TLS = seen.protocol
      probe.certificate = seen.certificate
    } else {
      socket.destroy()
    }
    if (isCertificateRefused(probe, provider)) return probe
    hop = 'HTTP'
    await readDocument(probe, provider, surroundings)
  } catch (error) {
    probe.failure = { hop, reason: reasonOf(error) }
  }
  return probe
}

/** Whether the server would refuse the certificate. */
export function isCertificateRefused({ certificate }: Probe, { trust }: Pick<Probed, 'trust'>): boolean {
  if (!certificate || trust.kind === 'unverified') return false
  return certificate.chainError !== undefined || !certificate.namesHost
}

async function readDocument(probe: Probe, { discoveryUrl }: Probed, { ask }: ProbeSurroundings): Promise<void> {
  const answer = await ask(discoveryUrl)
  probe.answer = answer
  probe.hops.HTTP = String(answer.status)
  if (answer.status !== 200) {
    const where = answer.location === undefined ? '' : ` to ${withoutQuery(answer.location)} (not followed)`
    probe.failure = { hop: 'HTTP', reason: `status ${answer.status}${where} instead of 200` }
    return
  }
  const parsed = DiscoveryDocument.safeParse(parseJson(answer.body))
  if (parsed.success) probe.document = parsed.data
  else
    probe.failure = {
      hop: 'JSON',
      reason: `not a discovery document, but ${answer.contentType || 'something untyped'}`,
    }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, '')
}

function proxyAddress(proxy: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(proxy)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) }
}

function openSocket({ host, port }: { host: string; port: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, timeout: timeLimit })
    socket.once('connect', () => {
      socket.setTimeout(0)
      resolve(socket)
    })
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${timeLimit / 1000} s`)))
    socket.on('error', reject)
  })
}

/** A connection through an HTTP proxy (RFC 9110 section 9.3.6). */
function openTunnel(proxy: string, target: string): Promise<Socket> {
  const { protocol, hostname, port, username, password } = new URL(proxy)
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers =
    username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
  return new Promise((resolve, reject) => {
    const send = protocol === 'https:' ? httpsRequest : httpRequest
    const request = send({ host: hostname, port, method: 'CONNECT', path: target, headers, timeout: timeLimit })
    request.once('connect', ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(new Error(`the proxy answers ${statusCode} to CONNECT`))
    })
    request.once('timeout', () => request.destroy(new Error(`no answer from the proxy within ${timeLimit / 1000} s`)))
    request.once('error', reject)
    request.end()
  })
}

/** Opens a connection, closes it, and returns the address that it reached. Rejects with the reason. */
export async function reachTcp(address: { host: string; port: number }): Promise<string> {
  const socket = await openSocket(address)
  const reached = `${socket.remoteAddress ?? address.host} port ${socket.remotePort ?? address.port}`
  socket.destroy()
  return reached
}

/** Completes the handshake whatever the certificate, reads it, and hangs up before sending a byte. */
function lookAtCertificate(
  socket: Socket,
  host: string,
  { trust }: Probed,
): Promise<{ protocol: string; certificate: CertificateSeen }> {
  return new Promise((resolve, reject) => {
    const secure: TLSSocket = connectTls({
      ...tlsOptions(trust),
      socket,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: false,
      // We check the name ourselves: OpenSSL reports one fault, people want all of them.
      checkServerIdentity: () => undefined,
    })
    const fail = (error: Error) => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(new Error(`no TLS handshake within ${timeLimit / 1000} s`)), timeLimit)
    secure.on('error', fail)
    socket.once('close', () => fail(new Error('the connection was closed during the TLS handshake')))
    secure.once('secureConnect', () => {
      clearTimeout(timer)
      const certificate = secure.getPeerX509Certificate()
      const protocol = secure.getProtocol() ?? 'TLS'
      const { authorizationError } = secure
      secure.destroy()
      if (!certificate) return reject(new Error('the server shows no certificate'))
      resolve({
        protocol,
        certificate: {
          subject: oneLine(certificate.subject),
          names: certificate.subjectAltName ?? '',
          issuer: oneLine(certificate.issuer),
          validFrom: new Date(certificate.validFrom),
          validTo: new Date(certificate.validTo),
          chainError: authorizationError ? String(authorizationError) : undefined,
          namesHost: (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined,
        },
      })
    })
  })
}

function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ')
}

/** OpenSSL names its source lines and numbers; what happened is at the end. Undefined: it is not OpenSSL that speaks. */
function tlsSentence(message: string): string | undefined {
  if (/wrong version number|packet length too long|http request/i.test(message))
    return 'plain http answered where https was expected (EPROTO)'
  const [, reason] = /:error:[0-9A-F]+:SSL routines:[^:]*:([^:]+)/i.exec(message) ?? []
  return reason === undefined ? undefined : `TLS failed: ${reason} (EPROTO)`
}

/** The last cause of a failure with its code, in one line. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(reasonOf))].join('; ')
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return reasonOf(error.cause)
  const tls = tlsSentence(error.message)
  if (tls !== undefined) return tls
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`
}
