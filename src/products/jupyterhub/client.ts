import type { ClientKind } from '../contract.ts'

export function callbackUri(url: string): string {
  return `${url}/hub/oauth_callback`
}

export const jupyterhubClient: ClientKind<'jupyterhub'> = {
  versions: { oldest: '5.0.0', newest: '6.1.1', parts: 2 },
  follows: [
    'title',
    'roles',
    'extraScopes',
    'authorizationParameters',
    'groupsClaim',
    'organizations',
    'teams',
    'searchFilter',
    'ldapFieldNames.uid',
    'internalUrl',
  ],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [callbackUri(url)],
    // Signing out ends the session in JupyterHub only.
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: true,
  }),
}
