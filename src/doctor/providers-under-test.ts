import { callbackUri, signedOutUri } from '../config/addresses.ts'
import { clientCredentialsOf } from '../config/client-credentials.ts'
import { issuerOf } from '../config/issuer.ts'
import { publicTrust, type Surroundings, type Trust, trustOf } from '../config/network.ts'
import type { Config, LoginEntry, OidcProvider } from '../config/schema.ts'
import { discoveryUrlOf } from '../issuer-text.ts'
import { own } from '../maps.ts'
import { resolveProduct } from '../products/resolve.ts'
import { vendorOf } from '../vendors/index.ts'
import type { ClientUnderTest, ProviderUnderTest } from './contract.ts'

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
    subject: `login at ${className}`,
    isLogin: true,
    clientId: clientCredentialsOf(config, className, entry.oidc).clientId,
    responseType: 'code',
    sendsPkce: true,
    method: entry.oidc?.clientAuthenticationMethod ?? 'client_secret_basic',
    ...secretOf(config, entry.oidc?.clientCredentialsSecret),
    scopes: [...new Set([...oidc.scopes, ...(entry.oidc?.extraScopes ?? [])])],
    redirectUris: config.issuer === undefined ? [] : [callbackUri(config.issuer, className)],
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
      principalClaim: oidc.principalClaim,
      path: `authenticationClasses.${className}.oidc`,
      trust: trustOf(config, oidc.tls, surroundings),
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
    trust: issuerTrust(config, surroundings),
  }
}

/** Which certificates are trusted at our own issuer, as products and people see it. */
export function issuerTrust(config: Config, surroundings: Surroundings): Trust {
  return config.issuer?.startsWith('https:') ? publicTrust(config, surroundings) : { kind: 'plain' }
}
