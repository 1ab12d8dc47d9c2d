/** client_secrets.json of flask-oidc, which flaskoidc 0.x keeps the client in; also as Google hands it out. */
import { isMap } from '../../maps.ts'
import type { Findings } from './findings.ts'
import { services } from './service-settings.ts'

type Tree = Readonly<Record<string, unknown>>

/** The client in it: below `web`, `installed` or whatever its first key is. */
export function clientSecretsOf(data: Tree): Tree | undefined {
  const found = Object.entries(data).find(([key, value]) => isMap(value) && isClient(key, value))
  return found && (found[1] as Tree)
}

function isClient(key: string, value: Tree): boolean {
  if (key === 'web' || key === 'installed') return true
  return value['client_id'] !== undefined && (value['auth_uri'] !== undefined || value['issuer'] !== undefined)
}

/** Its fields become variables with names that nothing else uses. */
export function readClientSecrets(found: Findings, file: string, web: Tree): void {
  const { settings } = found
  const { token_uri: token, userinfo_uri: userinfo } = web
  if (typeof token === 'string') {
    found.endpoints = { token, userinfo: typeof userinfo === 'string' ? userinfo : undefined, where: file }
  }
  const fields: [string, string, unknown][] = [
    ['OIDC_ISSUER', 'issuer', web['issuer'] ?? issuerOfEndpoint(web['auth_uri'] ?? web['token_uri'])],
    ['OIDC_CLIENT_ID', 'client_id', web['client_id']],
    ['OIDC_CLIENT_SECRET', 'client_secret', web['client_secret']],
  ]
  for (const [variable, key, value] of fields) {
    if (typeof value === 'string') settings.set(services, variable, { value, where: `${file}: ${key}` })
  }
  settings.set(services, 'OIDC_CLIENT_SECRETS', { value: file, where: file })
  const [redirect] = Array.isArray(web['redirect_uris']) ? web['redirect_uris'] : []
  if (typeof redirect === 'string' && !/^https?:\/\/(?:localhost|127\.)/.test(redirect)) {
    settings.set(services, 'OVERWRITE_REDIRECT_URI', { value: redirect, where: `${file}: redirect_uris` })
  }
}

/** Google's own file has no issuer; others may have left it out: flask-oidc itself needs the endpoints. */
function issuerOfEndpoint(endpoint: unknown): string | undefined {
  if (typeof endpoint !== 'string') return undefined
  if (/^https:\/\/(?:accounts\.google\.com|[a-z0-9]+\.googleapis\.com)\//.test(endpoint))
    return 'https://accounts.google.com'
  return /^(https?:\/\/.+?)\/(?:protocol\/openid-connect|v1|oauth2\/v2\.0|oauth2\/v1)\/(?:auth|authorize|token)\/?$/.exec(
    endpoint,
  )?.[1]
}
