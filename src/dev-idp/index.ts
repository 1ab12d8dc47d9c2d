import type { RequestListener } from 'node:http'
import { type ClaimPath, readClaimPath } from '../claim-path.ts'
import { AppError } from '../errors.ts'
import { type KeyAndCertificate, makeCertificate } from './certificate.ts'
import type {
  CertificateFault,
  ClientAuthentication,
  DevUser,
  Faults,
  Host,
  Quirks,
  RunningLookAlike,
  VendorOption,
} from './contract.ts'
import { runLookAlike } from './engine.ts'
import { failing, listen, publicHostOf } from './listening.ts'
import { lookAlikes } from './look-alikes.ts'
import { everydayPeople } from './people.ts'
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
  /** A third person, carol, who is in that many groups; without it there is none. */
  manyGroups?: number
  /** Without: by its secret, in the header or in the form. */
  clientAuthentication?: ClientAuthentication
  /** The word for its tenants in the class, such as `common`, where the vendor knows one. */
  tenant?: string
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
  /** Takes other faults from now on, or none; not those that a provider has from its start: `certificate`, `scopes`. */
  break(faults: Faults): void
  /** What somebody is from now on, as if an administrator had changed it there. */
  change(username: string, change: Partial<Pick<DevUser, 'groups' | 'email' | 'name' | 'disabled'>>): void
  close(): Promise<void>
}

/** Starts an identity provider and resolves when it is ready. */
export async function startDevIdp(options: DevIdpOptions = {}): Promise<DevIdp> {
  const { like = 'keycloak', host = '127.0.0.1', port = 0, redirectUris = [], stateFile } = options
  const quirks = quirksOf(like, options)
  const { certificate } = options.faults ?? {}
  let faults = options.faults ?? {}
  const tls = options.tls === true || certificate !== undefined
  const people = [...everydayPeople(options.manyGroups ?? 0), ...(quirks.people ?? [])]
  const state = await loadState(
    stateFile,
    people.map(({ username }) => username),
    tls,
  )
  let users: readonly DevUser[] = people.map((person) => ({
    ...person,
    password: state.passwords[person.username] ?? '',
  }))

  let running: RunningLookAlike | undefined
  const listening = { host, tls: tls ? serverCertificate(state, publicHostOf(host), certificate) : undefined }
  const answering = (at: Host): RequestListener =>
    failing(
      () => faults,
      (request, response) => running?.handle(request, response, at),
    )
  const issuerServer = await listen(answering('issuer'), { ...listening, port })
  const otherServer =
    quirks.elsewhere === undefined
      ? undefined
      : await listen(answering('elsewhere'), { ...listening, port: port === 0 ? 0 : port + 1 }).catch(async (error) => {
          await issuerServer.close()
          throw error
        })

  running = runLookAlike(quirks, {
    origin: issuerServer.origin,
    otherOrigin: otherServer?.origin ?? '',
    clientId: 'gatehouse',
    clientSecret: state.clientSecret,
    clientAuthentication: options.clientAuthentication ?? { method: 'client_secret_basic' },
    users: () => users,
    signingKey: state.signingKey,
    cookieKey: state.cookieKey,
    redirectUris: redirectUris.length === 0 ? undefined : redirectUris,
    fullGroupPaths: options.fullGroupPaths === true,
    audiences: options.audiences ?? [],
    groupsClaim: groupsPathOf(quirks, options),
    faults: () => faults,
  })
  const issuerPath = issuerPathOf(quirks, options.tenant)
  return {
    issuer: issuerServer.origin + issuerPath,
    clientId: 'gatehouse',
    clientSecret: state.clientSecret,
    users: users.map((user) => describe(user, quirks)),
    authenticationClass: { oidc: classOf(quirks, { options, certificate, tls, running, origin: issuerServer.origin }) },
    ...(state.authority && certificate !== 'untrusted-ca' ? { ca: state.authority.certificate } : {}),
    break: (next) => {
      faults = next
    },
    change: (username, change) => {
      users = users.map((user) => (user.username === username ? { ...user, ...change } : user))
    },
    close: async () => {
      await Promise.all([issuerServer.close(), otherServer?.close()])
    },
  }
}

function describe({ username, password, email, groups }: DevUser, { groupsInTokens = (names) => [...names] }: Quirks) {
  return { username, password, email, groups: groupsInTokens(groups) }
}

/** What the class says about the provider; with a second host also its endpoints, for products that cannot read the discovery document. */
function classOf(
  quirks: Quirks,
  { options, certificate, tls, running, origin }: ClassParts,
): DevIdpDescription['authenticationClass']['oidc'] {
  const { hostname, port } = new URL(origin)
  const { authorization, token, jwks, userinfo, endSession } = running.addresses
  const writesGroupsClaim = options.groupsClaim !== undefined || quirks.groupsClaim !== undefined
  return {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    ...(port === '' ? {} : { port: Number(port) }),
    rootPath: issuerPathOf(quirks, options.tenant) || '/',
    ...quirks.authenticationClass,
    providerHint: quirks.vendor.hint,
    ...(writesGroupsClaim ? { groupsClaim: [...groupsPathOf(quirks, options)] } : {}),
    ...(quirks.elsewhere === undefined ? {} : { endpoints: { authorization, token, jwks, userinfo, endSession } }),
    ...(tls ? { tls: { verification: { server: { caCert: caCertOf(certificate) } } } } : {}),
  }
}

interface ClassParts {
  options: DevIdpOptions
  certificate: CertificateFault | undefined
  tls: boolean
  running: RunningLookAlike
  origin: string
}

function isRoot({ otherRoots = {} }: Quirks, tenant: string | undefined): boolean {
  return Object.hasOwn(otherRoots, `/${tenant}`)
}

/** Where the class looks for the discovery document. */
function issuerPathOf({ root, issuerPath = root }: Quirks, tenant: string | undefined): string {
  return tenant === undefined ? issuerPath : issuerPath.replace(root, `/${tenant}`)
}

function groupsPathOf(quirks: Quirks, { groupsClaim }: DevIdpOptions): ClaimPath {
  return groupsClaim === undefined
    ? (quirks.groupsClaim ?? ['groups'])
    : readClaimPath(groupsClaim, { nestsDots: true }).path
}

const optionNames: Readonly<Record<VendorOption, string>> = {
  fullGroupPaths: 'full group paths',
  audiences: 'audiences of access tokens',
  groupsClaim: 'claim of groups that is set',
  tenant: 'such word for tenants',
  clientAuthentication: 'such client authentication',
  issuer: 'fault issuer',
  clock: 'fault clock',
  certificate: 'fault certificate',
  redirect: 'fault redirect',
  scopes: 'fault scopes',
  unreachable: 'fault unreachable',
  kid: 'fault kid',
  slow: 'fault slow',
  serverError: 'fault 5xx',
  nonce: 'fault nonce',
  jwks: 'fault jwks',
}

/** The requested vendor. Throws `config-invalid` for one that is unknown or does not support a requested option. */
function quirksOf(
  like: string,
  { fullGroupPaths, audiences = [], groupsClaim, tenant, clientAuthentication, faults = {} }: DevIdpOptions,
): Quirks {
  const quirks = Object.hasOwn(lookAlikes, like) ? lookAlikes[like] : undefined
  if (!quirks) {
    const known = Object.keys(lookAlikes).join(', ')
    throw new AppError('config-invalid', { at: '--like', problem: `${like} is not known; known: ${known}` })
  }
  const asked: VendorOption[] = [
    ...(fullGroupPaths ? (['fullGroupPaths'] as const) : []),
    ...(audiences.length > 0 ? (['audiences'] as const) : []),
    ...(groupsClaim === undefined ? [] : (['groupsClaim'] as const)),
    ...(tenant === undefined ? [] : (['tenant'] as const)),
    ...(clientAuthentication === undefined ? [] : (['clientAuthentication'] as const)),
    ...(Object.keys(faults) as (keyof Faults)[]),
  ]
  const { method = 'client_secret_basic' } = clientAuthentication ?? {}
  const cannot: VendorOption[] = [
    ...quirks.cannot,
    ...(isRoot(quirks, tenant) ? [] : (['tenant'] as const)),
    ...(quirks.tokenEndpointAuthMethods.includes(method) ? [] : (['clientAuthentication'] as const)),
  ]
  const impossible = asked.filter((option) => cannot.includes(option)).map((option) => optionNames[option])
  if (impossible.length === 0) return quirks
  throw new AppError('config-invalid', {
    at: '--like',
    problem: `${quirks.vendor.title} has no ${impossible.join(', ')}`,
  })
}

/** The secrets of the file, completed for these users and written back. */
export async function loadState(
  file: string | undefined,
  usernames: readonly string[],
  tls: boolean,
): Promise<DevIdpState> {
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

/** What a class says about the authority of our certificate. */
export function caCertOf(fault: CertificateFault | undefined): Record<string, unknown> {
  return fault === 'untrusted-ca' ? { webPki: {} } : { secretClass: 'dev-idp-ca' }
}

/** A certificate for the host, of the authority in the state unless a fault says otherwise. */
export function serverCertificate(
  state: DevIdpState,
  host: string,
  fault: CertificateFault | undefined,
): KeyAndCertificate {
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
