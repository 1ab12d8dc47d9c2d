/** The settings and names that are the same in every rendered dex.yaml: importing them adds nothing. */
/** By path. */
export const fixedSettings = {
  'web.http': '0.0.0.0:5556',
  // Without token exchange, which accepts ID tokens of the providers for any audience.
  'oauth2.grantTypes': ['authorization_code', 'refresh_token'],
  'oauth2.responseTypes': ['code'],
  'oauth2.skipApprovalScreen': true,
  enablePasswordDB: false,
}

/** `web.headers`, by whether the issuer has https. */
export const headers = { 'X-Frame-Options': 'DENY', 'X-Content-Type-Options': 'nosniff' }
export const headersOverTls = { ...headers, 'Strict-Transport-Security': 'max-age=31536000' }

/**
 * Groups that list a person, for which Dex searches itself: like `groupFilter`, with the DN. Not every directory has `memberof`.
 * Groups of POSIX (RFC 2307) list people by `uid`.
 */
export function dexGroupSearch(searchBase: string) {
  return {
    baseDN: rootOf(searchBase),
    userMatchers: [
      { userAttr: 'DN', groupAttr: 'member' },
      { userAttr: 'DN', groupAttr: 'uniqueMember' },
      { userAttr: 'uid', groupAttr: 'memberUid' },
    ],
    nameAttr: 'cn',
  }
}

/** `ou=people,dc=example,dc=com` -> `dc=example,dc=com`: groups are seldom below people. */
function rootOf(searchBase: string): string {
  return /(?:^|,)\s*(dc=.*)$/i.exec(searchBase)?.[1] ?? searchBase
}
