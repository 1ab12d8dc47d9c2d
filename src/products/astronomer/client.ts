import type { ClientKind, ProductSettings } from '../contract.ts'

/** The base domain of a platform: people open `app.`, providers send them back to `houston.`. */
export function baseDomainOf(url: string): string {
  return new URL(url).host.replace(/^(houston|app)\./, '')
}

export function houstonUrl(url: string): string {
  return `https://houston.${baseDomainOf(url)}`
}

/** Whether Houston uses the code flow; otherwise it is the implicit one. */
export function isCode({ options }: Pick<ProductSettings<'astronomer'>, 'options'>): boolean {
  return options.flow === 'code'
}

export const astronomerClient: ClientKind<'astronomer'> = {
  versions: { oldest: '0.27', newest: '2.1', parts: 2 },
  follows: ['title', 'roles', 'authorizationParameters', 'groupsClaim'],
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
    // The default of OpenID clients of Node, for which Houston has no setting.
    idTokenSigningAlg: 'RS256',
  }),
}
