import type { ClientMetadata } from 'oidc-provider'
import { clientCredentialsOf } from '../config/client-credentials.ts'
import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { products } from '../products/index.ts'
import type { Sealer } from '../store/sealing.ts'

/** A product that signs in through this server. */
export interface ProductClient {
  /** Key under `products`. */
  product: string
  title: string
  url: string
  asksConsent: boolean
  metadata: ClientMetadata & { client_id: string; redirect_uris: string[] }
}

export interface ClientContext {
  config: Config
  env: Readonly<Record<string, string | undefined>>
  baseDir: string
  sealer: Pick<Sealer, 'derive'>
}

/** The secret of a product's client: the configured one, or one that follows from the encryption key. Throws `secret-not-found`. */
export function clientSecretOf(product: string, context: ClientContext): string {
  const entry = gatehouseEntry(context.config, product)
  const { secretReference } = clientCredentialsOf(context.config, product, entry?.oidc)
  if (secretReference !== undefined) return resolveSecret(secretReference, context).reveal()
  return context.sealer.derive(`client-secret:${product}`)
}

/** Every product whose authentication names the class `gatehouse`, with the redirect URIs that its kind is known to use. */
export function productClients(context: ClientContext): ProductClient[] {
  return Object.entries(context.config.products).flatMap(([name, product]) => {
    const entry = gatehouseEntry(context.config, name)
    const described = products[product.product]
    // A kind that checks access tokens itself is no client of ours; render says so.
    if (!entry || described.takesGatehouse === false) return []
    const kind = { ...described, ...described.variant?.(product) }
    const wanted = entry.oidc?.clientAuthenticationMethod
    const [usual, ...others] = kind.clientAuthenticationMethods
    const method = wanted !== undefined && others.includes(wanted) ? wanted : usual
    const at = { className: 'gatehouse', kind: 'gatehouse' } as const
    return {
      product: name,
      title: product.title ?? name,
      url: product.url,
      asksConsent: product.consent === 'ask',
      metadata: {
        client_id: clientCredentialsOf(context.config, name, entry.oidc).clientId,
        client_secret: clientSecretOf(name, context),
        client_name: product.title ?? name,
        redirect_uris: kind.redirectUris(product, at),
        post_logout_redirect_uris: kind.postLogoutRedirectUris(product, at),
        grant_types: [...new Set([...kind.grantTypes.filter((type) => type !== 'implicit'), 'client_credentials'])],
        response_types: ['code'],
        token_endpoint_auth_method: method,
        id_token_signed_response_alg: product.idTokenSigningAlg ?? kind.idTokenSigningAlg ?? 'ES256',
      },
    }
  })
}

function gatehouseEntry(config: Config, product: string) {
  return config.products[product]?.authentication.find(({ authenticationClass }) => authenticationClass === 'gatehouse')
}
