import { below } from '../issuer-text.ts'
import type { Vendor } from './contract.ts'

export const okta: Vendor = {
  kind: 'okta',
  title: 'Okta',
  hint: 'Okta',
  address: { host: /\.(okta|oktapreview|okta-emea)\.com$/ },
  rootSlash: 'never',
  pathSlash: 'never',
  // The org server keeps its issuer at the root, custom servers theirs under /oauth2/<id>.
  endpoints: (issuer) => {
    const base = below(issuer, customServer(issuer) === undefined ? 'oauth2/v1' : 'v1')
    return {
      authorization: `${base}/authorize`,
      token: `${base}/token`,
      jwks: `${base}/keys`,
      userinfo: `${base}/userinfo`,
      endSession: `${base}/logout`,
    }
  },
  introspection: (_issuer, endpoints) => endpoints?.token.replace(/\/token$/, '/introspect'),
  // With the code flow an ID token may be thin; userinfo never is.
  groups: {
    claim: 'groups',
    scope: 'groups',
    where: { idToken: 'perhaps', userinfo: 'always', accessToken: 'perhaps' },
  },
  refusesUnknownScopes: true,
  neverSends: [],
  namesInIdToken: 'perhaps',
  explains: (description) =>
    /not assigned to the client application/i.test(description)
      ? {
          code: 'person-not-admitted',
          means: 'The person is not assigned to the application: Applications, Assignments.',
        }
      : undefined,
  assertionAudience: 'token endpoint',
  sendsEmailVerified: true,
  refreshToken: 'scope offline_access',
  // The `kid` of the org server's access tokens is not among its keys.
  accessToken: ({ issuer }) =>
    customServer(issuer) === undefined
      ? {
          kind: 'own-use',
          whose: `Okta's org server (${issuer})`,
          instead: 'take a custom authorization server (rootPath /oauth2/default)',
        }
      : { kind: 'signed' },
  mistakenAddresses: [
    {
      host: /-admin\.(?:okta|oktapreview|okta-emea|okta-gov)\.com$/,
      is: 'is the admin console of Okta',
      setting: 'hostname',
      instead: ({ hostname }) => `write ${hostname.replace('-admin.', '.')}`,
    },
    {
      host: /\.(?:okta|oktapreview|okta-emea)\.com$/,
      path: /^\/(?:oauth2\/(?:[^/]+\/)?v1(?:\/|$)|oauth2\/?$|admin(?:\/|$))/,
      is: 'is an endpoint or a page of Okta',
      setting: 'rootPath',
      instead: () =>
        'leave rootPath out for the org server, or write /oauth2/default or the id of another custom server',
    },
  ],
  refusals: {
    redirectUri: [[/redirect_uri' parameter must be/i, "The 'redirect_uri' parameter must be a Login redirect URI"]],
  },
}

/** The id of a custom authorization server; undefined for the org server. */
export function customServer(issuer: string): string | undefined {
  return /\/oauth2\/([^/]+)\/?$/.exec(issuer)?.[1]
}
