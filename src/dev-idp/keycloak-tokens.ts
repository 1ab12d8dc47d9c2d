/**
 * userinfo, introspection and revocation for access tokens that are JWTs: Keycloak takes one token at all three and at resource
 * servers too, where oidc-provider keeps them apart.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { DevUser, LookAlikeSettings } from './contract.ts'
import type { Context, Provider, Token } from './oidc-provider.ts'
import { readForm } from './request-form.ts'

/** Compares without telling how much was right. */
export function matchesSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

export function tokenEndpoints({
  provider,
  issuer,
  settings,
  account,
  paths,
  claimsOf,
}: {
  provider: Provider
  issuer: string
  settings: LookAlikeSettings
  account: (id: string) => DevUser | undefined
  paths: string
  claimsOf: (user: DevUser, scope: ReadonlySet<string>) => Record<string, unknown>
}): (ctx: Context, next: () => Promise<void>) => Promise<void> {
  const { kty, n, e, kid } = settings.signingKey as { kty: string; n: string; e: string; kid: string }
  const keys = createLocalJWKSet({ keys: [{ kty, n, e, kid, alg: 'RS256', use: 'sig' }] })
  const revoked = new Set<string>()

  /** The claims of an access token that is good now: signed here, not expired, not revoked, its session alive. */
  async function verify(token: string): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, currentDate: new Date(Date.now()) })
      if (payload['typ'] !== 'Bearer' || revoked.has(payload.jti ?? '')) return undefined
      return (await provider.Session.findByUid(String(payload['sid']))) ? payload : undefined
    } catch {
      return undefined // Whatever is wrong with it, the answer is the same: not a token of ours.
    }
  }

  async function userinfo(ctx: Context): Promise<void> {
    const token = /^bearer (\S+)$/i.exec(ctx.headers.authorization ?? '')?.[1]
    const posted = token === undefined && ctx.method === 'POST' ? (await readForm(ctx.req)).get('access_token') : null
    const payload = await verify(token ?? posted ?? '')
    const user = account(payload?.sub ?? '')
    if (!payload || !user) return refuse(ctx, 401, 'invalid_token', 'Token verification failed')
    const scope = new Set(String(payload['scope'] ?? '').split(' '))
    if (!scope.has('openid')) return refuse(ctx, 403, 'insufficient_scope', 'Missing openid scope')
    ctx.status = 200
    ctx.body = claimsOf(user, scope)
  }

  async function introspect(ctx: Context, form: URLSearchParams): Promise<void> {
    const token = form.get('token') ?? ''
    ctx.status = 200
    const payload = await verify(token)
    if (payload) {
      ctx.body = { ...payload, active: true, username: payload['preferred_username'], client_id: payload['azp'] }
      return
    }
    const refreshToken = await provider.RefreshToken.find(token)
    ctx.body = refreshToken?.isValid ? describe(refreshToken) : { active: false }
  }

  async function revoke(ctx: Context, form: URLSearchParams): Promise<void> {
    const token = form.get('token') ?? ''
    const payload = await verify(token)
    if (payload?.jti !== undefined) revoked.add(payload.jti)
    const refreshToken = payload ? undefined : await provider.RefreshToken.find(token)
    await refreshToken?.destroy()
    if (refreshToken?.grantId !== undefined) await (await provider.Grant.find(refreshToken.grantId))?.destroy()
    ctx.status = 200
    ctx.body = ''
  }

  function isClient(ctx: Context, form: URLSearchParams): boolean {
    const basic = /^basic (\S+)$/i.exec(ctx.headers.authorization ?? '')?.[1]
    const decoded = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString('utf8')
    const [id, secret] = decoded
      ? [decoded.slice(0, decoded.indexOf(':')), decoded.slice(decoded.indexOf(':') + 1)].map(formDecode)
      : [form.get('client_id'), form.get('client_secret')]
    return id === settings.clientId && matchesSecret(secret ?? '', settings.clientSecret)
  }

  function describe({ kind, jti, accountId, clientId, scope, iat, exp, sessionUid }: Token): Record<string, unknown> {
    const typ = kind === 'RefreshToken' ? 'Refresh' : kind
    return {
      active: true,
      typ,
      jti,
      sub: accountId,
      client_id: clientId,
      scope,
      iat,
      exp,
      sid: sessionUid,
      iss: issuer,
    }
  }

  return async (ctx, next) => {
    if (ctx.path === `${paths}/userinfo` && (ctx.method === 'GET' || ctx.method === 'POST')) return userinfo(ctx)
    const handler = { [`${paths}/token/introspect`]: introspect, [`${paths}/revoke`]: revoke }[ctx.path]
    if (!handler || ctx.method !== 'POST') return next()
    const form = await readForm(ctx.req)
    if (!isClient(ctx, form))
      return refuse(ctx, 401, 'unauthorized_client', 'Invalid client or Invalid client credentials')
    return handler(ctx, form)
  }
}

/** RFC 6749 section 2.3.1: both halves of the header are form-encoded. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function refuse(ctx: Context, status: number, error: string, description: string): void {
  ctx.status = status
  if (status === 401)
    ctx.set('www-authenticate', `Bearer realm="data", error="${error}", error_description="${description}"`)
  ctx.body = { error, error_description: description }
}
