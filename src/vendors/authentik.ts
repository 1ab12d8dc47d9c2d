import type { Vendor } from './contract.ts'

/** With an issuer per provider, which is how it is set up; in the mode "same for all" its issuer has no discovery document. */
export const authentik: Vendor = {
  kind: 'authentik',
  title: 'authentik',
  hint: 'Authentik',
  address: { path: /\/application\/o\/[^/]+\/$/ },
  rootSlash: 'always',
  pathSlash: 'always',
  // Only the keys and the sign-out are below the issuer.
  endpoints: (issuer) => {
    const [, base, application] = /^(.*\/application\/o)\/([^/]+)\/?$/.exec(issuer) ?? []
    if (base === undefined || application === undefined) return undefined
    return {
      authorization: `${base}/authorize/`,
      token: `${base}/token/`,
      jwks: `${base}/${application}/jwks/`,
      userinfo: `${base}/userinfo/`,
      endSession: `${base}/${application}/end-session/`,
    }
  },
  introspection: (_issuer, endpoints) => endpoints?.token.replace(/token\/$/, 'introspect/'),
  // They come with `profile`; *Include claims in id_token* is on unless somebody switches it off.
  groups: {
    claim: 'groups',
    scope: undefined,
    where: { idToken: 'always', userinfo: 'always', accessToken: 'always' },
  },
  listsFixedClaims: true,
  unlistedClaims: ['name', 'given_name', 'nickname', 'preferred_username', 'email', 'email_verified', 'groups'],
  refusesUnknownScopes: false,
  neverSends: [],
  namesInIdToken: 'always',
  sendsEmailVerified: true,
  // From 2025.10 on: its mapping of `email` says so.
  deniesEmailVerified: true,
  refreshToken: 'scope offline_access',
  accessToken: () => ({ kind: 'signed' }),
  mistakenAddresses: [
    {
      path: /\/application\/o\/(?:authorize|token|userinfo|introspect|revoke|device)(?:\/|$)/,
      is: 'is an endpoint of authentik',
      setting: 'rootPath',
      instead: ({ pathname }) =>
        `write ${/^.*?\/application\/o\//.exec(pathname)?.[0]}SLUG/, with the slug of the application`,
    },
    {
      path: /\/application\/o\/[^/]+\/(?:jwks|end-session)(?:\/|$)/,
      is: 'is an endpoint of authentik',
      setting: 'rootPath',
      instead: ({ pathname }) => `write ${/^.*?\/application\/o\/[^/]+\//.exec(pathname)?.[0]}`,
    },
    {
      path: /\/if\/(?:admin|user|flow)(?:\/|$)/,
      is: 'is a page of authentik',
      setting: 'rootPath',
      instead: () => 'write /application/o/SLUG/, with the slug of the application',
    },
  ],
  refusals: {
    redirectUri: [[/mismatching\s+redirection URI|Redirect URI Error/i, 'Redirect URI Error']],
    client: [[/client identifier \(client_id\) is missing or invalid|Client ID Error/i, 'Client ID Error']],
  },
}
