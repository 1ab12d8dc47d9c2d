import type { ClientKind } from '../contract.ts'

export function redirectUri(url: string, className: string): string {
  return `${url}/login/oauth2/code/${className}`
}

export const kafbatClient: ClientKind<'kafbat'> = {
  versions: { oldest: '1.0.0', newest: '1.5.0', parts: 2 },
  follows: ['title', 'roles', 'extraScopes', 'groupsClaim', 'searchFilter', 'ldapFieldNames.uid', 'internalUrl'],
  profile: ({ product: { url } }) => ({
    redirectUris: ({ className }) => [redirectUri(url, className)],
    // It sends no address to return to.
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: false,
    // Its decoder accepts no other algorithm and has no setting for it.
    idTokenSigningAlg: 'RS256',
  }),
}
