import { createHash } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { readClaimPath } from '../claim-path.ts'
import { AppError } from '../errors.ts'
import { type KeyAndCertificate, makeCertificate } from './certificate.ts'
import type { CertificateFault, DevUser, Faults, Quirks, RunningLookAlike, VendorOption } from './contract.ts'
import { runLookAlike } from './engine.ts'
import { lookAlikes } from './look-alikes.ts'
import { type DevIdpState, makeState, readState, withAuthority, writeState } from './state.ts'

export interface DevIdpOptions {
  like?: string
  host?: string
  /** 0 picks a free one. */
  port?: number
  /** Registered redirect URIs; without any, all on loopback are. */
  redirectUris?: readonly string[]
  /** Keeps secrets across restarts. */
  stateFile?: string
  /** Serve https with a certificate of an authority made for this provider. */
  tls?: boolean
  /** Groups as `/analysts` (Keycloak's default) instead of `analysts`. */
  fullGroupPaths?: boolean
  /** Audiences of access tokens, as an audience mapper adds them. Without: Keycloak's `account`. */
  audiences?: readonly string[]
  /** Where tokens and userinfo have the groups, as `groupsClaim` of a class takes it. Without: `groups`. */
  groupsClaim?: string
  faults?: Faults
}

/** What `gatehouse dev-idp` prints. */
export interface DevIdpDescription {
  issuer: string
  clientId: string
  clientSecret: string
  users: { username: string; password: string; email: string; groups: string[] }[]
  /** Ready to paste under `authenticationClasses`, after a name. */
  authenticationClass: { oidc: Record<string, unknown> }
  /** With TLS: the authority (PEM). The class refers to it as `secrets.dev-idp-ca`. */
  ca?: string
}

export interface DevIdp extends DevIdpDescription {
  close(): Promise<void>
}

/** Starts an identity provider and resolves when it is ready. */
export async function startDevIdp(options: DevIdpOptions = {}): Promise<DevIdp> {
  const { like = 'keycloak', host = '127.0.0.1', port = 0, redirectUris = [], stateFile, faults = {} } = options
  const quirks = quirksOf(like, options)
  const tls = options.tls === true || faults.certificate !== undefined
  const state = await loadState(stateFile, tls)
  const users = people.map((person) => ({ ...person, password: state.passwords[person.username] ?? '' }))

  let running: RunningLookAlike | undefined
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (faults.unreachable || !running) {
      request.socket.destroy()
      return
    }
    response.setHeader('date', new Date(Date.now() + (faults.clock ?? 0) * 1000).toUTCString())
    running.handle(request, response)
  }
  const publicHost = publicHostOf(host)
  const credentials = tls ? serverCertificate(state, publicHost, faults.certificate) : undefined
  const server = credentials
    ? createHttpsServer({ cert: credentials.certificate, key: credentials.privateKey }, onRequest)
    : createHttpServer(onRequest)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const boundPort = (server.address() as AddressInfo).port

  running = runLookAlike(quirks, {
    origin: `${tls ? 'https' : 'http'}://${publicHost}:${boundPort}`,
    clientId: 'gatehouse',
    clientSecret: state.clientSecret,
    users,
    signingKey: state.signingKey,
    cookieKey: state.cookieKey,
    redirectUris: redirectUris.length === 0 ? undefined : redirectUris,
    fullGroupPaths: options.fullGroupPaths === true,
    audiences: options.audiences ?? [],
    groupsClaim: readClaimPath(options.groupsClaim ?? 'groups', { nestsDots: true }).path,
    faults,
  })
  return {
    issuer: running.issuer,
    clientId: 'gatehouse',
    clientSecret: state.clientSecret,
    users: users.map(({ username, password, email, groups }) => ({ username, password, email, groups: [...groups] })),
    authenticationClass: {
      oidc: {
        hostname: publicHost.replace(/^\[|\]$/g, ''),
        port: boundPort,
        rootPath: quirks.issuerPath ?? (quirks.root || '/'),
        ...quirks.authenticationClass,
        providerHint: quirks.vendor.hint,
        ...(options.groupsClaim === undefined
          ? {}
          : { groupsClaim: [...readClaimPath(options.groupsClaim, { nestsDots: true }).path] }),
        ...(tls ? { tls: { verification: { server: { caCert: caCertOf(faults.certificate) } } } } : {}),
      },
    },
    ...(state.authority && faults.certificate !== 'untrusted-ca' ? { ca: state.authority.certificate } : {}),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const optionNames: Readonly<Record<VendorOption, string>> = {
  fullGroupPaths: 'full group paths',
  audiences: 'audiences of access tokens',
  groupsClaim: 'claim of groups that is set',
  issuer: 'fault issuer',
  clock: 'fault clock',
  certificate: 'fault certificate',
  redirect: 'fault redirect',
  scopes: 'fault scopes',
  unreachable: 'fault unreachable',
}

/** The requested vendor. Throws `config-invalid` for one that is unknown or does not support a requested option. */
function quirksOf(like: string, { fullGroupPaths, audiences = [], groupsClaim, faults = {} }: DevIdpOptions): Quirks {
  const quirks = Object.hasOwn(lookAlikes, like) ? lookAlikes[like] : undefined
  if (!quirks) {
    const known = Object.keys(lookAlikes).join(', ')
    throw new AppError('config-invalid', { at: '--like', problem: `${like} is not known; known: ${known}` })
  }
  const asked: VendorOption[] = [
    ...(fullGroupPaths ? (['fullGroupPaths'] as const) : []),
    ...(audiences.length > 0 ? (['audiences'] as const) : []),
    ...(groupsClaim === undefined ? [] : (['groupsClaim'] as const)),
    ...(Object.keys(faults) as (keyof Faults)[]),
  ]
  const impossible = asked.filter((option) => quirks.cannot.includes(option)).map((option) => optionNames[option])
  if (impossible.length === 0) return quirks
  throw new AppError('config-invalid', {
    at: '--like',
    problem: `${quirks.vendor.title} has no ${impossible.join(', ')}`,
  })
}

const people: readonly Omit<DevUser, 'password'>[] = [
  person('Alice', 'Archer', ['analysts', 'data-admins']),
  person('Bob', 'Baker', ['analysts']),
]

function person(givenName: string, familyName: string, groups: string[]): Omit<DevUser, 'password'> {
  const username = givenName.toLowerCase()
  const name = `${givenName} ${familyName}`
  return { username, email: `${username}@example.com`, name, givenName, familyName, groups, id: uuidFor(username) }
}

/** The same id in every run, so that yesterday's database still knows alice today. */
function uuidFor(username: string): string {
  const hex = createHash('sha256').update(`gatehouse dev-idp ${username}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

async function loadState(file: string | undefined, tls: boolean): Promise<DevIdpState> {
  const usernames = people.map(({ username }) => username)
  const stored = file === undefined ? undefined : readState(file)
  const fresh =
    stored && usernames.every((username) => stored.passwords[username]) ? undefined : await makeState(usernames)
  const merged: DevIdpState = {
    ...fresh,
    ...stored,
    passwords: { ...fresh?.passwords, ...stored?.passwords },
  } as DevIdpState
  const state = tls ? withAuthority(merged, Date.now()) : merged
  if (file !== undefined) writeState(file, state)
  return state
}

/** Browsers and products treat `localhost` as secure without TLS, and Keycloak's own guide uses it. */
function publicHostOf(host: string): string {
  if (host === '127.0.0.1' || host === '::1' || host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function caCertOf(fault: CertificateFault | undefined): Record<string, unknown> {
  return fault === 'untrusted-ca' ? { webPki: {} } : { secretClass: 'dev-idp-ca' }
}

function serverCertificate(state: DevIdpState, host: string, fault: CertificateFault | undefined): KeyAndCertificate {
  const now = Date.now()
  const day = 86_400_000
  const name = host.replace(/^\[|\]$/g, '')
  return makeCertificate({
    commonName: fault === 'wrong-host' ? 'wrong.example.com' : name,
    hosts: fault === 'wrong-host' ? ['wrong.example.com'] : [...new Set([name, 'localhost', '127.0.0.1', '::1'])],
    notBefore: new Date(fault === 'not-yet-valid' ? now + 30 * day : now - 60 * day),
    notAfter: new Date(fault === 'expired' ? now - 30 * day : now + 365 * day),
    ...(state.authority && fault !== 'self-signed' ? { issuer: state.authority } : {}),
  })
}
