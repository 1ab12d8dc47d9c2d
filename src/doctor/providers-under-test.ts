import { X509Certificate } from 'node:crypto'
import { callbackOf, signedOutUri } from '../config/addresses.ts'
import { clientCredentialsOf } from '../config/client-credentials.ts'
import { groupsClaimOf } from '../config/groups-claim.ts'
import { issuerOf } from '../config/issuer.ts'
import { publicTrust, type Surroundings, type Trust, trustOf, withClientCertificate } from '../config/network.ts'
import type { Config, LoginEntry, OidcProvider } from '../config/schema.ts'
import { AppError } from '../errors.ts'
import { discoveryUrlOf } from '../issuer-text.ts'
import { own } from '../maps.ts'
import { resolveProduct } from '../products/resolve.ts'
import { vendorOf } from '../vendors/index.ts'
import type { ClientUnderTest, ProviderUnderTest } from './contract.ts'
import { problem } from './outcome.ts'

/**
 * Every provider that someone signs in at, with its clients: ways in of `login`, and products. With `product`, only what is
 * between that product and a person: a product of the class `gatehouse` needs the ways in as well.
 */
export function providersUnderTest(
  config: Config,
  { product, ...surroundings }: Surroundings & { product?: string },
): ProviderUnderTest[] {
  const clients: (ClientUnderTest & { className: string })[] = Object.keys(config.products)
    .filter((name) => product === undefined || name === product)
    .flatMap((name) => productClients(config, name))
  const needsLogin = product === undefined || clients.some(({ className }) => className === 'gatehouse')
  if (needsLogin) clients.unshift(...loginClients(config))

  const byClass = Map.groupBy(clients, ({ className }) => className)
  return [...byClass].map(([className, members]) => ({
    ...describeProvider(config, className, surroundings),
    clients: members,
  }))
}

function productClients(config: Config, name: string): (ClientUnderTest & { className: string })[] {
  const { profile, providers } = resolveProduct(config, name)
  return providers.map(({ className, kind, clientId, scopes, path, clientAuthenticationMethod, secretName }) => ({
    className,
    product: name,
    at: path,
    subject: `${name} at ${className}`,
    isLogin: false,
    responseType: profile.responseTypes?.[0] ?? 'code',
    sendsPkce: profile.sendsPkce,
    method: clientAuthenticationMethod,
    ...secretOf(config, secretName),
    clientId,
    scopes,
    redirectUris: profile.redirectUris({ className, kind }),
    postLogoutRedirectUris: profile.postLogoutRedirectUris,
    scopesPath: `${path.join('.')}.oidc.extraScopes`,
  }))
}

function loginClients(config: Config): (ClientUnderTest & { className: string })[] {
  return config.login.flatMap((entry, index) => {
    const oidc = config.authenticationClasses[entry.authenticationClass ?? '']?.oidc
    return oidc && entry.authenticationClass !== undefined ? [loginClient(config, entry, index, oidc)] : []
  })
}

function secretOf(
  { secrets }: Pick<Config, 'secrets'>,
  name: string | undefined,
): Pick<ClientUnderTest, 'secretReference' | 'secretPath'> {
  const entry = name === undefined ? undefined : own(secrets, name)
  return { secretReference: entry?.clientSecret, secretPath: `secrets.${name ?? ''}.clientSecret` }
}

function loginClient(config: Config, entry: LoginEntry, index: number, oidc: OidcProvider) {
  const className = entry.authenticationClass ?? ''
  return {
    className,
    at: ['login', index],
    subject: `login at ${className}`,
    isLogin: true,
    clientId: clientCredentialsOf(config, className, entry.oidc).clientId,
    responseType: 'code',
    sendsPkce: true,
    method: entry.oidc?.clientAuthenticationMethod ?? 'client_secret_basic',
    ...secretOf(config, entry.oidc?.clientCredentialsSecret),
    scopes: [...new Set([...oidc.scopes, ...(entry.oidc?.extraScopes ?? [])])],
    redirectUris:
      config.issuer === undefined ? [] : [callbackOf({ issuer: config.issuer, login: config.login }, className)],
    postLogoutRedirectUris: config.issuer === undefined ? [] : [signedOutUri(config.issuer)],
    scopesPath: `login.${index}.oidc.extraScopes`,
  }
}

function describeProvider(
  config: Config,
  className: string,
  surroundings: Surroundings,
): Omit<ProviderUnderTest, 'clients'> {
  const oidc = config.authenticationClasses[className]?.oidc
  if (oidc) {
    const issuer = issuerOf(oidc)
    return {
      className,
      kind: vendorOf(oidc.providerHint).kind,
      issuer,
      discoveryUrl: discoveryUrlOf(issuer),
      ...(oidc.internalUrl === undefined ? {} : { internalUrl: oidc.internalUrl }),
      ...(oidc.allowedTenants === undefined ? {} : { tenants: oidc.allowedTenants }),
      principalClaim: oidc.principalClaim,
      ...(oidc.groupsClaim === undefined ? {} : { groupsClaim: groupsClaimOf(oidc) }),
      path: `authenticationClasses.${className}.oidc`,
      ...readTrust(() =>
        withClientCertificate(
          trustOf(config, oidc.tls, surroundings),
          shownTo(className, config),
          config,
          surroundings,
        ),
      ),
    }
  }
  const issuer = config.issuer ?? ''
  return {
    className,
    kind: 'gatehouse',
    issuer,
    discoveryUrl: discoveryUrlOf(issuer),
    principalClaim: 'preferred_username',
    path: 'issuer',
    ...readTrust(() => issuerTrust(config, surroundings)),
  }
}

/** The certificate that this server shows at a class, by its name under `secrets`. */
function shownTo(className: string, { login }: Config): string | undefined {
  return login.find(({ authenticationClass }) => authenticationClass === className)?.clientCertificate
}

/** An authority that is missing, or no certificate, is a fault of the classes that need it and of nothing else. */
export function readTrust(read: () => Trust): Pick<ProviderUnderTest, 'trust' | 'fault'> {
  try {
    const trust = read()
    const broken = trust.kind === 'verified' ? trust.ca.findIndex((text) => !isCertificate(text)) : -1
    if (trust.kind !== 'verified' || broken === -1) return { trust }
    const evidence = { trusted: trust.authorities, reason: 'it is no certificate in PEM (-----BEGIN CERTIFICATE-----)' }
    const remedy = 'Put the certificate of the authority there, in PEM: a key, a DER file or an empty file is none.'
    return { trust, fault: problem('certificate-untrusted', evidence, remedy) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const evidence = Object.fromEntries(Object.entries(error.details).map(([name, value]) => [name, String(value)]))
    return { trust: { kind: 'plain' }, fault: problem(error.code, evidence, error.hint) }
  }
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== ''
  } catch {
    return false
  }
}

/** Which certificates are trusted at our own issuer, as products and people see it. */
export function issuerTrust(config: Config, surroundings: Surroundings): Trust {
  return config.issuer?.startsWith('https:') ? publicTrust(config, surroundings) : { kind: 'plain' }
}
