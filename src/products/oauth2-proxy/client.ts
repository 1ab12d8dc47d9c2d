import type { ClientKind } from '../contract.ts'

export const oauth2ProxyClient: ClientKind<'oauth2-proxy'> = {
  versions: { oldest: '7.8.0', newest: '7.15.6', parts: 2 },
  rolesAreGroups: true,
  follows: ['roles', 'extraScopes', 'authorizationParameters', 'groupsClaim', 'organizations', 'teams', 'internalUrl'],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [`${url}/oauth2/callback`],
    postLogoutRedirectUris: [`${url}/`],
    grantTypes: ['authorization_code', 'refresh_token'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: true,
    secretVariable: 'OAUTH2_PROXY_CLIENT_SECRET',
    clientIdVariable: 'OAUTH2_PROXY_CLIENT_ID',
  }),
}
