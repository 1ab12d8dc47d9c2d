import type { Product } from '../../config/schema.ts'
import type { ClientKind } from '../contract.ts'

/** The base domain of a platform: people open `app.`, providers send them back to `houston.`. */
export function baseDomainOf(url: string): string {
  return new URL(url).host.replace(/^(houston|app)\./, '')
}

export function houstonUrl(url: string): string {
  return `https://houston.${baseDomainOf(url)}`
}

/** Which of the two flows of Houston it is: this one, or the implicit one. */
export function isCode({ product }: { product: Product }): boolean {
  return (product.astronomer?.flow ?? 'code') === 'code'
}

export const astronomerClient: ClientKind = {
  versions: { oldest: '0.27', newest: '2.1', parts: 2 },
  follows: ['roles', 'authorizationParameters', 'groupsClaim'],
  profile: ({ product }) => ({
    redirectUris: () => [
      `${houstonUrl(product.url)}/v1/oauth/redirect/`,
      `${houstonUrl(product.url)}/v1/oauth/callback/`,
    ],
    postLogoutRedirectUris: [`https://app.${baseDomainOf(product.url)}/logout`],
    // The implicit flow is that of a public client.
    ...(isCode({ product })
      ? {
          grantTypes: ['authorization_code'],
          clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post', 'none'],
        }
      : { grantTypes: ['implicit'], clientAuthenticationMethods: ['none'] }),
    sendsPkce: false,
    // What OpenID clients of Node expect unless they are told otherwise, and Houston has no setting for it.
    idTokenSigningAlg: 'RS256',
  }),
}
