import type { ClientMetadata } from 'oidc-provider'
import { clientCredentialsOf } from '../config/client-credentials.ts'
import { titleOfProduct } from '../config/product-titles.ts'
import { isNativeAddress } from '../config/redirect-addresses.ts'
import type { Config, OidcClientOptions, Product, ResponseType } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { AppError } from '../errors.ts'
import { own } from '../maps.ts'
import { clients } from '../products/client-kinds.ts'
import { profileOf } from '../products/clients.ts'
import type { ClientProfile } from '../products/contract.ts'
import { idTokenSigningAlgOf } from '../products/writing/id-token-algorithm.ts'
import type { Sealer } from '../store/sealing.ts'

/** A product that signs in through this server. */
export interface RegisteredProduct {
  /** Key under `products`. */
  product: string
  title: string
  url: string
  asksConsent: boolean
  /** Addresses of the services for which it may request access tokens (RFC 8707), with the names that people know. */
  resources: ReadonlyMap<string, string>
  /** Addresses of the services for which it may look access tokens up (RFC 7662). */
  introspects: ReadonlySet<string>
  /** It refuses people without `email_verified`, and takes `false`. */
  needsEmailVerified: boolean
  /** It may send its secret in either way. */
  sendsSecretBothWays: boolean
  metadata: ClientMetadata & { client_id: string; redirect_uris: string[] }
}

export interface ClientContext {
  config: Config
  env: Readonly<Record<string, string | undefined>>
  baseDir: string
  sealer: Pick<Sealer, 'derive'>
}

/**
 * The secret of a product's client: the configured one, or one derived from the encryption key. Throws `secret-not-found`, and
 * `client-without-secret` for a client that is public or proves itself with a key: there is none that could be told.
 */
export function clientSecretOf(product: string, context: ClientContext): string {
  const client = clientOf(context.config, product)
  if (client && !hasSecret(client)) {
    throw new AppError('client-without-secret', { product, method: client.metadata.token_endpoint_auth_method })
  }
  const entry = gatehouseEntry(context.config, product)
  const { secretReference } = clientCredentialsOf(context.config, product, entry?.oidc)
  if (secretReference !== undefined) return resolveSecret(secretReference, context).reveal()
  return context.sealer.derive(`client-secret:${product}`)
}

/** Every product whose authentication names the class `gatehouse`, with its client secret. Throws `secret-not-found`. */
export function productClients(context: ClientContext): RegisteredProduct[] {
  return withoutSecrets(context.config).map((client) => ({
    ...client,
    metadata: {
      ...client.metadata,
      ...(hasSecret(client) ? { client_secret: clientSecretOf(client.product, context) } : {}),
    },
  }))
}

/** Whether it authenticates with a secret, and not with a key or not at all. */
function hasSecret({ metadata }: RegisteredProduct): boolean {
  return metadata.token_endpoint_auth_method?.startsWith('client_secret_') ?? true
}

/** Reads the configured client secrets and discards them, so that a server fails early. Throws `secret-not-found`. */
export function checkClientSecrets(context: Omit<ClientContext, 'sealer'>): void {
  productClients({ ...context, sealer: { derive: () => '' } })
}

/** The same clients without secrets, with the redirect URIs of each kind. */
export function withoutSecrets(config: Config): RegisteredProduct[] {
  return Object.keys(config.products).flatMap((name) => clientOf(config, name) ?? [])
}

/** The client that a product is here. Undefined: it signs in elsewhere. */
function clientOf(config: Config, name: string): RegisteredProduct | undefined {
  const product = own(config.products, name)
  const entry = gatehouseEntry(config, name)
  // A kind that checks access tokens itself is not our client; render says so.
  if (!product || !entry || clients[product.product].takesGatehouse === false) return undefined
  const profile = profileOf(product)
  const wanted = entry.oidc?.clientAuthenticationMethod
  const [usual, ...others] = profile.clientAuthenticationMethods
  const method = wanted !== undefined && others.includes(wanted) ? wanted : usual
  const at = { className: 'gatehouse', kind: 'gatehouse' } as const
  const redirectUris = [...profile.redirectUris(at)]
  return {
    product: name,
    title: titleOfProduct(name, product),
    url: product.url,
    asksConsent: product.consent === 'ask',
    resources: resourcesOf(config, product.services),
    introspects: new Set(resourcesOf(config, product.introspects).keys()),
    needsEmailVerified: profile.needsEmailVerified ?? false,
    sendsSecretBothWays: wanted === undefined && profile.sendsSecretBothWays === true,
    metadata: {
      client_id: clientCredentialsOf(config, name, entry.oidc).clientId,
      client_name: titleOfProduct(name, product),
      redirect_uris: redirectUris,
      post_logout_redirect_uris: [...profile.postLogoutRedirectUris],
      grant_types: [...(redirectUris.length > 0 ? grantTypesForPeople(profile) : []), ...product.grantTypes],
      // A program that nobody signs in to has no address to return to.
      response_types: redirectUris.length > 0 ? [...responseTypesOf(profile)] : [],
      // Loopback addresses have any port then (RFC 8252 section 7.3), which only a client without a secret may need.
      application_type: method === 'none' && redirectUris.some(isNativeAddress) ? 'native' : 'web',
      token_endpoint_auth_method: method,
      id_token_signed_response_alg: idTokenSigningAlgOf(product, profile),
      ...keysOf(entry.oidc),
    },
  }
}

function responseTypesOf({ responseTypes = ['code'] }: ClientProfile): readonly ResponseType[] {
  return responseTypes
}

/** What a kind needs to sign people in, and no more. Tokens come through the browser only where the configuration says so. */
function grantTypesForPeople(profile: ClientProfile): string[] {
  const { grantTypes, keepsRefreshTokens = true } = profile
  const words = responseTypesOf(profile).flatMap((type) => type.split(' '))
  const hasCodes = words.includes('code')
  const refreshes = hasCodes && keepsRefreshTokens && grantTypes.includes('refresh_token')
  const implicit = words.includes('id_token') || words.includes('token')
  return [
    ...(hasCodes ? ['authorization_code'] : []),
    ...(refreshes ? ['refresh_token'] : []),
    ...(implicit ? ['implicit'] : []),
  ]
}

/** Keys with which it signs: its proofs, or its requests. */
function keysOf(
  options: Partial<Pick<OidcClientOptions, 'jwks' | 'jwksUri'>> = {},
): Pick<ClientMetadata, 'jwks' | 'jwks_uri'> {
  const { jwks, jwksUri } = options
  // The configuration has been read: these are public keys (public-keys.ts).
  if (jwks) return { jwks: jwks as NonNullable<ClientMetadata['jwks']> }
  return jwksUri === undefined ? {} : { jwks_uri: jwksUri }
}

function resourcesOf({ services }: Config, names: Product['services']): ReadonlyMap<string, string> {
  return new Map(
    names.flatMap((name) => {
      const service = own(services, name)
      return service ? [[service.url, service.title ?? name]] : []
    }),
  )
}

function gatehouseEntry(config: Config, product: string) {
  return own(config.products, product)?.authentication.find(
    ({ authenticationClass }) => authenticationClass === 'gatehouse',
  )
}
