import type { ResponseType } from '../../config/schema.ts'
import type { ClientKind, GrantType } from '../contract.ts'

export const oidcClient: ClientKind<'oidc'> = {
  versions: undefined,
  follows: [
    'redirectUris',
    'postLogoutRedirectUris',
    'responseTypes',
    'extraScopes',
    'authorizationParameters',
    'groupsClaim',
    'internalUrl',
  ],
  profile: ({ product }) => ({
    redirectUris: () => product.redirectUris,
    postLogoutRedirectUris: product.postLogoutRedirectUris,
    grantTypes: grantTypesOf(product.responseTypes),
    ...(product.responseTypes === undefined ? {} : { responseTypes: product.responseTypes }),
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'],
    // Any library: some send it in the body by default, some at the refresh only, some find out by trying.
    sendsSecretBothWays: true,
    sendsPkce: true,
    // The default of OpenID Connect Registration section 2, which libraries expect.
    usualIdTokenSigningAlg: 'RS256',
  }),
}

/** The grants that the response types need (OpenID Connect Registration section 2). */
function grantTypesOf(responseTypes: readonly ResponseType[] = ['code']): GrantType[] {
  const words = responseTypes.flatMap((type) => type.split(' '))
  return [
    ...(words.includes('code') ? (['authorization_code', 'refresh_token'] as const) : []),
    ...(words.some((word) => word !== 'code') ? (['implicit'] as const) : []),
  ]
}
