import type { ClientMetadata } from 'oidc-provider'
import { clientCredentialsOf } from '../config/client-credentials.ts'
import type { Config, Product } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { own } from '../maps.ts'
import { clients } from '../products/client-kinds.ts'
import { profileOf } from '../products/clients.ts'
import type { ClientProfile } from '../products/contract.ts'
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

/** The secret of a product's client: the configured one, or one derived from the encryption key. Throws `secret-not-found`. */
export function clientSecretOf(product: string, context: ClientContext): string {
  const entry = gatehouseEntry(context.config, product)
  const { secretReference } = clientCredentialsOf(context.config, product, entry?.oidc)
  if (secretReference !== undefined) return resolveSecret(secretReference, context).reveal()
  return context.sealer.derive(`client-secret:${product}`)
}

/** Every product whose authentication names the class `gatehouse`, with its client secret. Throws `secret-not-found`. */
export function productClients(context: ClientContext): RegisteredProduct[] {
  return withoutSecrets(context.config).map((client) => ({
    ...client,
    metadata: { ...client.metadata, client_secret: clientSecretOf(client.product, context) },
  }))
}

/** Reads the configured client secrets and discards them, so that a server fails early. Throws `secret-not-found`. */
export function checkClientSecrets(context: Omit<ClientContext, 'sealer'>): void {
  productClients({ ...context, sealer: { derive: () => '' } })
}

/** The same clients without secrets, with the redirect URIs of each kind. */
export function withoutSecrets(config: Config): RegisteredProduct[] {
  return Object.entries(config.products).flatMap(([name, product]) => {
    const entry = gatehouseEntry(config, name)
    // A kind that checks access tokens itself is not our client; render says so.
    if (!entry || clients[product.product].takesGatehouse === false) return []
    const profile = profileOf(product)
    const wanted = entry.oidc?.clientAuthenticationMethod
    const [usual, ...others] = profile.clientAuthenticationMethods
    const method = wanted !== undefined && others.includes(wanted) ? wanted : usual
    const at = { className: 'gatehouse', kind: 'gatehouse' } as const
    const redirectUris = [...profile.redirectUris(at)]
    return {
      product: name,
      title: product.title ?? name,
      url: product.url,
      asksConsent: product.consent === 'ask',
      resources: resourcesOf(config, product.services),
      introspects: new Set(resourcesOf(config, product.introspects).keys()),
      sendsSecretBothWays: profile.sendsSecretBothWays ?? false,
      metadata: {
        client_id: clientCredentialsOf(config, name, entry.oidc).clientId,
        client_name: product.title ?? name,
        redirect_uris: redirectUris,
        post_logout_redirect_uris: [...profile.postLogoutRedirectUris],
        grant_types: [...(redirectUris.length > 0 ? grantTypesForPeople(profile) : []), ...product.grantTypes],
        // A program that nobody signs in to has no address to return to.
        response_types: redirectUris.length > 0 ? ['code'] : [],
        token_endpoint_auth_method: method,
        id_token_signed_response_alg: product.idTokenSigningAlg ?? profile.idTokenSigningAlg ?? 'ES256',
      },
    }
  })
}

/** What a kind needs to sign people in, and no more. There is no implicit flow here. */
function grantTypesForPeople({ grantTypes, keepsRefreshTokens = true }: ClientProfile): string[] {
  const refreshes = keepsRefreshTokens && grantTypes.includes('refresh_token')
  return ['authorization_code', ...(refreshes ? ['refresh_token'] : [])]
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
