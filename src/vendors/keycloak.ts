import { below } from '../issuer-text.ts'
import type { Vendor } from './contract.ts'

export const keycloak: Vendor = {
  kind: 'keycloak',
  title: 'Keycloak',
  hint: 'Keycloak',
  address: { path: /\/realms\/[^/]+\/$/ },
  pathSlash: 'never',
  endpoints: (issuer) => {
    const base = `${protocolBase(issuer)}openid-connect`
    return {
      authorization: `${base}/auth`,
      token: `${base}/token`,
      jwks: `${base}/certs`,
      userinfo: `${base}/userinfo`,
      endSession: `${base}/logout`,
    }
  },
  introspection: (issuer) => `${protocolBase(issuer)}openid-connect/token/introspect`,
  groups: {
    claim: 'groups',
    scope: 'groups',
    where: { idToken: 'always', userinfo: 'always', accessToken: 'always' },
  },
  nestsDottedClaims: true,
  listsFixedClaims: true,
  refusesUnknownScopes: true,
  neverSends: [],
  namesInIdToken: 'always',
  // Since 24 (`authentication_expired`): the sign-in page stood open too long.
  explains: (description) =>
    description === 'authentication_expired'
      ? { code: 'login-expired', means: 'The sign-in page of Keycloak stood open for too long.' }
      : undefined,
  sendsEmailVerified: true,
  refreshToken: 'code',
  accessToken: () => ({ kind: 'signed' }),
  listsFirst: 'private_key_jwt',
  endsSessionWithoutCookie: true,
  answersLikeKeycloak: true,
  mistakenAddresses: [
    {
      path: /\/admin\/(?:[^/]+\/console(?:\/|$)|realms\/|master(?:\/|$))/,
      is: 'is the console of Keycloak or its admin API',
      setting: 'rootPath',
      instead: () => 'write /realms/NAME',
    },
    {
      path: /\/realms\/[^/]+\/(?:protocol\/|account(?:\/|$)|broker\/)/,
      is: 'is an endpoint or a page of a realm of Keycloak',
      setting: 'rootPath',
      instead: ({ pathname }) => `write ${/^.*?\/realms\/[^/]+/.exec(pathname)?.[0]}`,
    },
    {
      path: /\/realms\/?$/,
      is: 'names no realm of Keycloak',
      setting: 'rootPath',
      instead: ({ pathname }) => `write ${pathname.replace(/\/$/, '')}/NAME`,
    },
  ],
  refusals: {
    redirectUri: [[/Invalid parameter: redirect_uri/i, 'Invalid parameter: redirect_uri']],
    client: [[/Client not found/i, 'Client not found']],
    postLogoutRedirectUri: [
      [/Invalid redirect uri/i, 'Invalid redirect uri'],
      [/Invalid parameter: (post_logout_)?redirect_uri/i, 'Invalid parameter: post_logout_redirect_uri'],
    ],
  },
}

/**
 * The place below which Keycloak has its protocols; Gatehouse answers `openid-connect/userinfo` there too. The slash at the end
 * matters to Flask-AppBuilder, which calls it `api_base_url`: Authlib joins relative paths to it.
 */
export function protocolBase(issuer: string): string {
  return below(issuer, 'protocol/')
}
