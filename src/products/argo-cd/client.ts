import type { Product } from '../../config/schema.ts'
import type { ClientKind } from '../contract.ts'

/** With `oidc.config`, Argo CD does not start its Dex. */
export function usesDex({ authentication }: Pick<Product, 'authentication'>): boolean {
  return authentication.length > 1
}

export const argoCdClient: ClientKind<'argo-cd'> = {
  versions: { oldest: '2.11.0', newest: '3.5.1', parts: 2 },
  follows: ['title', 'roles', 'extraScopes', 'groupsClaim', 'organizations', 'teams'],
  profile: ({ product }) => ({
    redirectUris: () => [`${product.url}${usesDex(product) ? '/api/dex/callback' : '/auth/callback'}`],
    postLogoutRedirectUris: usesDex(product) ? [] : [product.url],
    grantTypes: ['authorization_code', 'refresh_token'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: false,
    needsEmailVerified: usesDex(product),
  }),
}
