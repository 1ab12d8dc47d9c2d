import type { ClientKind } from '../contract.ts'

export const argoWorkflowsClient: ClientKind<'argo-workflows'> = {
  versions: { oldest: '3.4.0', newest: '4.1.2', parts: 2 },
  follows: ['roles', 'extraScopes', 'groupsClaim', 'internalUrl'],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [`${url}/oauth2/callback`],
    // It ends its own session only.
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: false,
  }),
}
