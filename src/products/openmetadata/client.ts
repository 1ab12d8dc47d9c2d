import type { ClientKind, ProductSettings } from '../contract.ts'

export const openmetadataClient: ClientKind<'openmetadata'> = {
  versions: { oldest: '1.5.0', newest: '2.1.0', parts: 2 },
  follows: ['title', 'roles', 'extraScopes', 'authorizationParameters', 'userRegistration', 'internalUrl'],
  profile: (settings) => {
    const { url } = settings.product
    const isPublic = signsInByPage(settings)
    return {
      // Its page renews tokens in a frame.
      redirectUris: () => [`${url}/callback`, ...(isPublic ? [`${url}/silent-callback`] : [])],
      // It ends its own session only.
      postLogoutRedirectUris: [],
      grantTypes: isPublic ? ['authorization_code'] : ['authorization_code', 'refresh_token'],
      clientAuthenticationMethods: ['client_secret_post', 'client_secret_basic', 'none'],
      sendsPkce: isPublic,
      // It verifies RS256, RS384 and RS512 only.
      idTokenSigningAlg: 'RS256',
      ...(isPublic ? {} : { secretVariable: 'OIDC_CLIENT_SECRET' }),
    }
  },
}

/** A public client: the page signs people in, and the server checks their tokens. */
export function signsInByPage({ product }: Pick<ProductSettings, 'product'>): boolean {
  return product.authentication[0]?.oidc?.clientAuthenticationMethod === 'none'
}
