import type { ClientKind } from '../contract.ts'

/** The plugin's name for the client secret; it reads no other. */
export const secretVariable = 'OIDC_CLIENT_SECRET'

export const mlflowClient: ClientKind<'mlflow'> = {
  versions: { oldest: '3.14.0', newest: '3.17.2', parts: 2 },
  follows: ['title', 'roles', 'extraScopes', 'groupsClaim', 'internalUrl'],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [`${url}/callback`],
    postLogoutRedirectUris: [`${url}/oidc/ui/auth`],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic'],
    sendsPkce: true,
    secretVariable,
    clientIdVariable: 'OIDC_CLIENT_ID',
  }),
}
