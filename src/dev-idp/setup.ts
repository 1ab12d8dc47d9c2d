/** What all files of the engine share about one running look-alike. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { JWK } from 'jose'
import { AppError } from '../errors.ts'
import { discoveryUrlOf } from '../issuer-text.ts'
import type { DevUser, EndpointName, LookAlikeSettings, Quirks, Signed } from './contract.ts'
import { isRedirectUriAllowed } from './redirect-uri.ts'

type Needed = 'authorization' | 'token' | 'userinfo' | 'jwks'

/** Endpoints that each look-alike has, and others. */
export type Paths = Record<Needed, string> & Partial<Record<EndpointName, string>>

export interface Setup {
  quirks: Quirks
  settings: LookAlikeSettings
  issuer: string
  /** Paths below the root of their host, without a slash at the end. */
  paths: Paths
  /** The same as whole addresses, as the vendor writes them. */
  addresses: Paths
  /** Path of the discovery document below the root. */
  discoveryPath: string
  /** Scopes that are offered; a fault may take most of them away. */
  scopes: readonly string[]
  /** Scopes that it takes: those that are offered, and some that no document lists. */
  takenScopes: readonly string[]
  /** Private keys: the first one is published; a second one signs what only the provider itself can check. */
  keys: readonly [JWK, JWK]
  /** The person of a subject. */
  account: (subject: string) => DevUser | undefined
  redirectAllowed: (uri: string) => boolean
  signed: (user: DevUser, circumstances: Circumstances) => Signed
}

/** What a token depends on, besides the person. */
export interface Circumstances {
  /** Separated by blanks. */
  scope: string
  sid: string | undefined
  throughBrowser?: boolean
  audience?: string | undefined
}

/** Puts quirks and settings together. Throws `config-invalid` for a vendor with unknown addresses. */
export function setUp(quirks: Quirks, settings: LookAlikeSettings): Setup {
  const { users, clientId, signingKey, faults } = settings
  const base = settings.origin + quirks.root
  const issuer = settings.origin + (quirks.issuerPath ?? quirks.root)
  const addresses = addressesOf(quirks, { issuer, base, settings })
  const scopes = faults().scopes === 'missing' ? ['openid'] : quirks.scopes
  return {
    quirks,
    settings,
    issuer,
    paths: pathsOf(addresses, [base, settings.otherOrigin]),
    addresses,
    discoveryPath: discoveryUrlOf(issuer).slice(base.length),
    scopes,
    takenScopes: faults().scopes === 'missing' ? scopes : [...scopes, ...(quirks.unlistedScopes ?? [])],
    keys: [signingKey, ownKey()],
    account: (subject) => users().find((user) => !user.disabled && quirks.subject(user, clientId) === subject),
    redirectAllowed: (uri) => faults().redirect !== 'unregistered' && isRedirectUriAllowed(uri, settings.redirectUris),
    signed: (user, { scope, sid, throughBrowser = false, audience }) => ({
      user,
      scope: new Set(scope.split(' ').filter((word) => word !== '')),
      clientId,
      issuer,
      sid,
      throughBrowser,
      audience,
      settings,
    }),
  }
}

/** Where the vendor's endpoints are here: its paths, at our hosts. */
function addressesOf(
  { vendor, paths, elsewhere = [] }: Quirks,
  { issuer, base, settings }: { issuer: string; base: string; settings: LookAlikeSettings },
): Paths {
  const endpoints = vendor.endpoints(issuer)
  const known: Partial<Record<EndpointName, string | undefined>> = {
    ...endpoints,
    jwks: endpoints?.jwks ?? vendor.jwks?.(issuer),
    introspection: vendor.introspection?.(issuer, endpoints),
  }
  const here = (name: EndpointName, address: string) => {
    const { origin, pathname } = new URL(address)
    if (elsewhere.includes(name)) return settings.otherOrigin + pathname
    return origin === settings.origin ? address : settings.origin + pathname
  }
  const own = (name: EndpointName, path: string) => (elsewhere.includes(name) ? settings.otherOrigin : base) + path
  const names = [...Object.keys(known), ...Object.keys(paths)] as EndpointName[]
  const found = [...new Set(names)].flatMap((name) => {
    const address = known[name]
    if (Object.hasOwn(paths, name)) return paths[name] === undefined ? [] : [[name, own(name, paths[name])]]
    return address === undefined ? [] : [[name, here(name, address)]]
  })
  const addresses = Object.fromEntries(found) as Partial<Record<EndpointName, string>>
  if (hasNeeded(addresses)) return addresses
  throw new AppError('config-invalid', {
    at: '--like',
    problem: `the addresses of ${vendor.kind} do not follow from the issuer`,
  })
}

function hasNeeded(addresses: Partial<Record<EndpointName, string>>): addresses is Paths {
  const needed: Needed[] = ['authorization', 'token', 'userinfo', 'jwks']
  return needed.every((name) => addresses[name] !== undefined)
}

/** A slash at the end of an address is one spelling of it: requests come in without it. */
function pathsOf(addresses: Paths, bases: readonly string[]): Paths {
  const below = Object.entries(addresses).map(([name, address]) => {
    const base = bases.find((base) => address.startsWith(`${base}/`)) ?? ''
    return [name, address.slice(base.length).replace(/\/$/, '')]
  })
  return Object.fromEntries(below) as Paths
}

let madeKey: JWK | undefined

/** One for all look-alikes of this process: making one takes a while, and nobody else ever sees it. */
function ownKey(): JWK {
  madeKey ??= {
    ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
    kid: randomBytes(8).toString('hex'),
    alg: 'RS256',
    use: 'sig',
  }
  return madeKey
}

/** What everybody may know of a key. */
export function publicPart({ kty, n, e, kid }: JWK): JWK {
  return { kty, n, e, kid, alg: 'RS256', use: 'sig' } as JWK
}
