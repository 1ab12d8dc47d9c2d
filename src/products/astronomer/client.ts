import type { ClientKind, ProductSettings } from '../contract.ts'

/** The base domain of a platform: people open `app.`, providers send them back to `houston.`. */
export function baseDomainOf(url: string): string {
  return new URL(url).host.replace(/^(houston|app)\./, '')
}

export function houstonUrl(url: string): string {
  return `https://houston.${baseDomainOf(url)}`
}

/** Which of the two flows of Houston it is: this one, or the implicit one. */
export function isCode({ options }: Pick<ProductSettings<'astronomer'>, 'options'>): boolean {
  return options.flow === 'code'
}

export const astronomerClient: ClientKind<'astronomer'> = {
  versions: { oldest: '0.27', newest: '2.1', parts: 2 },
  follows: ['roles', 'authorizationParameters', 'groupsClaim'],
  profile: ({ product, options }) => ({
    redirectUris: () => [
      `${houstonUrl(product.url)}/v1/oauth/redirect/`,
      `${houstonUrl(product.url)}/v1/oauth/callback/`,
    ],
    postLogoutRedirectUris: [`https://app.${baseDomainOf(product.url)}/logout`],
    // The implicit flow is that of a public client.
    ...(isCode({ options })
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
