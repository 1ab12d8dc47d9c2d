/** What a rendered dex.yaml says whatever the configuration is, and how it names things: importing the same brings nothing new. */
import { upperSnake } from '../../formats.ts'

/** By path. */
export const fixedSettings = {
  'web.http': '0.0.0.0:5556',
  // Without token exchange, which takes ID tokens of the providers whoever they were made for.
  'oauth2.grantTypes': ['authorization_code', 'refresh_token'],
  'oauth2.responseTypes': ['code'],
  'oauth2.skipApprovalScreen': true,
  enablePasswordDB: false,
}

/** `web.headers`, by whether the issuer has https. */
export const headers = { 'X-Frame-Options': 'DENY', 'X-Content-Type-Options': 'nosniff' }
export const headersOverTls = { ...headers, 'Strict-Transport-Security': 'max-age=31536000' }

/** `storage`, by the setting of that name. */
export const storages = {
  kubernetes: { type: 'kubernetes', config: { inCluster: true } },
  sqlite3: { type: 'sqlite3', config: { file: '/var/dex/dex.db' } },
  memory: { type: 'memory' },
} as const

/** Where Dex takes the secret of a client from. */
export function dexClientVariable({ id }: { id: string }): string {
  return `DEX_CLIENT_${upperSnake(id)}_SECRET`
}

/** Groups that list a person, which Dex asks for itself: as `groupFilter`, with the DN. `memberof` of a person is not everywhere. */
export function dexGroupSearch(searchBase: string) {
  return {
    baseDN: rootOf(searchBase),
    userMatchers: ['member', 'uniqueMember'].map((groupAttr) => ({ userAttr: 'DN', groupAttr })),
    nameAttr: 'cn',
  }
}

/** `ou=people,dc=example,dc=com` -> `dc=example,dc=com`: groups seldom stand among people. */
function rootOf(searchBase: string): string {
  return /(?:^|,)\s*(dc=.*)$/i.exec(searchBase)?.[1] ?? searchBase
}
