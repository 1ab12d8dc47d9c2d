import type { ClientKind } from '../contract.ts'

export const kubernetesClient: ClientKind<'kubernetes'> = {
  versions: { oldest: '1.22', newest: '1.37', parts: 2 },
  follows: ['roles', 'extraScopes', 'authorizationParameters', 'groupsClaim', 'internalUrl'],
  profile: () => ({
    // kubectl oidc-login (kubelogin) listens there; it uses the second port when the first one is taken.
    redirectUris: () => ['http://localhost:8000', 'http://localhost:18000'],
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code', 'refresh_token'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    sendsPkce: true,
  }),
}
