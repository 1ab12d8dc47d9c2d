import { hash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { methodOverrides, trustedHeaders } from '../../../src/trusted-headers.ts'
import { ensureCommand } from './apt.ts'
import { repositoryRoot, run } from './cache.ts'

/** The fenced block of a guide below the line `<!-- e2e: NAME -->`: what a reader copies is what a suite runs. */
export function guideBlock(guide: string, name: string): string {
  const text = readFileSync(join(repositoryRoot, 'docs/guides/proxies', guide), 'utf8')
  const [, below = ''] = text.split(`<!-- e2e: ${name} -->\n`)
  const block = /^```\w*\n([\s\S]*?)^```$/m.exec(below)?.[1]
  if (block === undefined) throw new Error(`${guide} has no block under "<!-- e2e: ${name} -->"`)
  return block
}

interface GuideCommand {
  line: string
  args: string[]
  /** The number at the beginning of the remark. */
  status: number
}

/** The lines `curl ARGUMENTS # STATUS, ...` of a guide's block `curl.sh`. */
export function guideCommands(guide: string): GuideCommand[] {
  const lines = guideBlock(guide, 'curl.sh').split('\n').filter(Boolean)
  return lines.map((line) => {
    const [, command, status] = /^curl (.+?) +# (\d{3})\b/.exec(line) ?? []
    if (command === undefined) throw new Error(`${guide}: "${line}" is not "curl ... # STATUS"`)
    const words = command.match(/'[^']*'|\S+/g) ?? []
    return { line, args: words.map((word) => word.replace(/^'(.*)'$/, '$1')), status: Number(status) }
  })
}

/** Runs a curl command that was written for metadata.example.com against the proxy of the suite. */
export async function curlStatus(
  args: readonly string[],
  { host, port }: { host: string; port: number },
): Promise<number> {
  const curl = await ensureCommand('curl', ['curl'])
  const here = args.map((word) => word.replace('https://metadata.example.com', `https://${host}:${port}`))
  const output = await run(curl, ['-sS', '-k', '--max-time', '10', '--resolve', `${host}:${port}:127.0.0.1`, ...here])
  return Number(/^HTTP\/[\d.]+ (\d{3})/.exec(output)?.[1])
}

/** Replaces every occurrence, and fails for what does not occur: a guide that changed must not be half replaced. */
export function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`"${from}" does not occur in:\n${before}`)
    return before.replaceAll(from, to)
  }, text)
}

/** What the service behind the proxy saw of one request. */
export interface Seen {
  method: string
  url: string
  /** Name and value, in lower case and as it came; one entry a line. */
  headers: (readonly [string, string])[]
}

/** The values of a header, one for each time that it came. */
export function headerValues(seen: Seen | undefined, name: string): string[] {
  return (seen?.headers ?? []).filter(([other]) => other === name).map(([, value]) => value)
}

/** Every value that CGI, WSGI and PHP would read under this name. */
export function foldedValues(seen: Seen | undefined, name: string): string[] {
  const fold = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '-')
  return (seen?.headers ?? []).filter(([other]) => fold(other) === fold(name)).map(([, value]) => value)
}

export interface EchoUpstream {
  port: number
  seen: Seen[]
  stop(): Promise<void>
}

/** A service without its own login: answers with what it saw, as JSON; a websocket gets it as its first message. */
export async function startEchoUpstream(): Promise<EchoUpstream> {
  const seen: Seen[] = []
  const look = ({ method = '', url = '', rawHeaders }: IncomingMessage): string => {
    const names = rawHeaders.filter((_, at) => at % 2 === 0)
    const request = {
      method,
      url,
      headers: names.map((name, at) => [name.toLowerCase(), rawHeaders[at * 2 + 1] ?? ''] as const),
    }
    seen.push(request)
    return JSON.stringify(request)
  }
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json').end(look(request))
  })
  const tunnels = new Set<Socket>()
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    tunnels.add(socket)
    socket.on('error', () => socket.destroy())
    const accept = hash('sha1', `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.write(textFrame(look(request)))
  })
  return {
    port: await listen(server),
    seen,
    stop: async () => {
      for (const socket of tunnels) socket.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** One unmasked frame of less than 64 kB (RFC 6455, 5.2). */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const head = Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff])
  return Buffer.concat([payload.length < 126 ? Buffer.from([0x81, payload.length]) : head, payload])
}

export interface Relay {
  port: number
  /** How many connections came, and how many requests over them. */
  connections: number
  requests: number
  stop(): Promise<void>
}

/** Stands between a proxy and the gate and counts. */
export async function startRelay(target: number): Promise<Relay> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((near) => {
    relay.connections++
    const far = connectTcp(target, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.on('error', () => other.destroy())
      socket.pipe(other)
    }
    near.on('data', (chunk: Buffer) => {
      relay.requests += chunk.toString('latin1').match(/^[A-Z]+ \S+ HTTP\/1\.[01]\r$/gm)?.length ?? 0
    })
  })
  const relay: Relay = {
    port: await listen(server),
    connections: 0,
    requests: 0,
    stop: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
  return relay
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

export interface RawAnswer {
  status: number
  /** Status line and headers. */
  head: string
  body: string
}

/**
 * Sends bytes as they are over TLS: no client repairs the target or the headers. Reads until the other side closes (ask with
 * `Connection: close`) or says nothing for a while, as a websocket does.
 */
export function rawRequest(port: number, host: string, lines: readonly string[], body = ''): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: host, rejectUnauthorized: false })
    let text = ''
    const done = () => {
      socket.destroy()
      const end = text.indexOf('\r\n\r\n')
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0)
      resolve({ status, head: text.slice(0, end < 0 ? undefined : end), body: end < 0 ? '' : text.slice(end + 4) })
    }
    socket.setTimeout(3_000, done)
    socket.on('secureConnect', () => socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1'))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (isWhole(text)) done()
    })
    socket.on('end', done)
    socket.on('error', (error) => (text === '' ? reject(error) : done()))
  })
}

/** An answer whose length is known; of a websocket, the first message. */
function isWhole(text: string): boolean {
  if (text.startsWith('HTTP/1.1 101')) return text.endsWith('}')
  const end = text.indexOf('\r\n\r\n')
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, end + 2))?.[1]
  return end >= 0 && length !== undefined && text.length - end - 4 >= Number(length)
}

/** Of the table what describes the request: a proxy that is told another one refuses, or says it itself. */
const toldOfTheRequest: ReadonlySet<string> = new Set([
  'X-Auth-Request-Redirect',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Method',
  'X-Forwarded-Proto',
  'X-Forwarded-Uri',
  'X-Original-Method',
  'X-Original-Uri',
  'X-Original-Url',
  'X-Real-Ip',
])

/** Headers with which a client may try to be somebody else, or to be somewhere else. */
export const clientClaims: readonly (readonly [string, string])[] = [
  ...[
    ...trustedHeaders.filter((name) => !toldOfTheRequest.has(name)),
    ...methodOverrides,
    'x-auth-request-user',
    'X-Auth-Request-Email',
    'X-Auth-Request-Preferred-Username',
    'X-Auth-Request-Groups',
    'X-Auth-Request-Access-Token',
    'X_Auth_Request_User',
    'x_auth_request_user',
    'X-Auth_Request-User',
    'X_AUTH_REQUEST_GROUPS',
    'X.Auth.Request.User',
    'X-Forwarded-User',
    'X_Forwarded_User',
    'X-Forwarded-Email',
    'X-Forwarded-Groups',
    'X-Forwarded-Preferred-Username',
    'X-Forwarded-Access-Token',
    'X-Forwarded-Client-Cert',
    'X-Forwarded-Prefix',
    'X-Forwarded-Roles',
    'Remote-User',
    'Remote_User',
    'REMOTE_USER',
    'Remote-Groups',
    'Remote-Email',
    'Remote-Name',
    'X-Remote-User',
    'X-Remote-Group',
    'X-User',
    'X-Username',
    'X-User-Email',
    'X-User-Id',
    'X-Email',
    'X-Groups',
    'X-Roles',
    'X-WEBAUTH-USER',
    'X-Webauth-Groups',
    'X-Authenticated-User',
    'X.Authenticated.User',
    'X-Authentik-Username',
    'X-Vouch-User',
    'X-Pomerium-Claim-Email',
    'X-Goog-Authenticated-User-Email',
    'X-Ms-Client-Principal-Name',
    'X-Amzn-Oidc-Identity',
    'Cf-Access-Authenticated-User-Email',
    'Tailscale-User-Login',
    'Impersonate-User',
    'kubeflow-userid',
    'kubeflow_userid',
    'X-Trino-User',
    'X-Presto-User',
    'X-ProxiedEntitiesChain',
    'Gap-Auth',
    'Auth-User',
    'Oidc-Claim-Sub',
    'Ssl-Client-S-Dn',
    'X-Ssl-Client-Cert',
    'X-Client-Cert',
    'X-Id-Token',
    'X-Original-Host',
    'X-Real-IP',
    'X-Client-IP',
    'True-Client-IP',
    'Forwarded',
    'Proxy',
  ].map((name) => [name, 'mallory'] as const),
  ['X-Http-Method-Override', 'mallory'],
]

/** Ways in which a client may say that it asked for a public path, or for another host. */
export const otherRequests: readonly (readonly [string, string])[] = [
  ['X-Original-URL', '/healthcheck'],
  ['X-Original-URL', 'https://open.example.test/healthcheck'],
  ['X-Original-URI', '/healthcheck'],
  ['X-Original-Method', 'OPTIONS'],
  ['X-Forwarded-Uri', '/healthcheck'],
  ['X-Forwarded-Method', 'OPTIONS'],
  ['X-Forwarded-Host', 'open.example.test'],
  ['X_Forwarded_Host', 'open.example.test'],
  ['X_Forwarded_Uri', '/healthcheck'],
  ['X-Forwarded-Path', '/healthcheck'],
  ['X-Rewrite-URL', '/healthcheck'],
  ['X-Envoy-Original-Path', '/healthcheck'],
  ['X-Auth-Request-Redirect', '/healthcheck'],
  ['User-Agent', 'kube-probe/1.36'],
]

/** Targets that some server or other reads as /admin, or that look public to a careless rule. Of a service with an open /healthcheck. */
export const pathTricks: readonly string[] = [
  '/admin',
  '/admin/',
  '/ADMIN',
  '/admin.',
  '/admin./users',
  '/admin%20',
  '/admin%20/users',
  '/admin%2e',
  '/admin::$DATA',
  '/ADMIN~1',
  '/%61dmin',
  '/%2561dmin',
  '//admin',
  '/./admin',
  '/admin/.',
  '/admin?x=/healthcheck',
  '/admin%3f/healthcheck',
  '/admin%23/healthcheck',
  '/admin%00',
  '/admin;/healthcheck',
  '/admin;a=b',
  '/admin%3b/healthcheck',
  '/healthcheck/../admin',
  '//healthcheck/../admin',
  '/healthcheck//../admin',
  '/healthcheck/..%2fadmin',
  '/healthcheck/..%2Fadmin',
  '/healthcheck%2f..%2fadmin',
  '/healthcheck/%2e%2e/admin',
  '/healthcheck/%2e%2e%2fadmin',
  '/healthcheck/.%2e/admin',
  '/healthcheck/..%252fadmin',
  '/healthcheck/..%5cadmin',
  '/healthcheck/..\\admin',
  '/healthcheck/..;/admin',
  '/healthcheck;/../admin',
  '/%2e%2e/admin',
  '/../admin',
  '/x/%2e%2e/%2e%2e/admin',
  '/oauth2/../admin',
  '/oauth2/start/../../admin',
  '/oauth2/start%2f..%2f..%2fadmin',
  '/HealthCheck',
  '/healthcheckx',
  '/healthcheck#/../admin',
  '/%c0%ae%c0%ae/admin',
  '/healthcheck/%c0%af../admin',
  'https://metadata.example.test/admin',
  'https://metadata.example.test/healthcheck/../admin',
  'https://open.example.test/admin',
  'http://open.example.test/admin',
  'admin',
  '*',
]

/** Whether a server that is lenient in any known way would take this for /admin. */
export function leadsToAdmin(url: string): boolean {
  let path = url.replace(/^https?:\/\/[^/]*/i, '').replace(/\?.*$/, '')
  for (let round = 0; round < 3; round++) path = decodeLeniently(path)
  return /(^|[/\\;.])admin($|[/\\;.])/i.test(path.replaceAll('\0', '/'))
}

function decodeLeniently(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (triplet) => String.fromCharCode(Number.parseInt(triplet.slice(1), 16)))
}
