import type { ClientKind } from '../contract.ts'

/** What the variables of MinIO's OpenID provider begin with. */
export const openid = 'MINIO_IDENTITY_OPENID'

export const minioClient: ClientKind<'minio'> = {
  versions: { oldest: '2024.1.1', newest: '2025.10.15', parts: 3 },
  follows: ['title', 'roles', 'extraScopes', 'groupsClaim', 'searchFilter', 'ldapFieldNames.uid', 'internalUrl'],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [`${url}/oauth_callback`],
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: false,
    secretVariable: `${openid}_CLIENT_SECRET`,
    clientIdVariable: `${openid}_CLIENT_ID`,
  }),
}
