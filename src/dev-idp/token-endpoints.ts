/**
 * userinfo, introspection and revocation for access tokens that are JWTs: identity providers accept one token at all three and at resource
 * servers, which oidc-provider keeps apart.
 */
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type Provider from 'oidc-provider'
import type { Context } from './answers.ts'
import { apiOf } from './asked-api.ts'
import type { Claims, Quirks } from './contract.ts'
import type { IssuedToken, IssuedTokens } from './issued-tokens.ts'
import { matchesSecret } from './login-form.ts'
import { readForm, readJson } from './request-form.ts'
import { publicPart, type Setup } from './setup.ts'

type Good = IssuedToken & { payload: JWTPayload; jti: string }

export interface TokenEndpointDependencies {
  provider: Provider
  setup: Setup
  issued: IssuedTokens
}

/** A middleware that answers at the three addresses, and at those of an API of the vendor, and hands on everything else. */
export function tokenEndpoints({ provider, setup, issued }: TokenEndpointDependencies) {
  const { quirks, settings, issuer, paths } = setup
  const keys = createLocalJWKSet({ keys: setup.keys.map(publicPart) })

  /** An access token that is good now: signed here, not expired, not revoked, its session alive. */
  async function verify(token: string): Promise<Good | undefined> {
    const stored = await provider.AccessToken.find(token)
    if (stored) return stored.isValid ? described(stored) : undefined
    try {
      const { payload } = await jwtVerify(token, keys, { currentDate: new Date(Date.now()) })
      const { jti = '' } = payload
      const known = issued.find(jti)
      if (!known || !(await provider.Session.findByUid(known.sid ?? ''))) return undefined
      return { ...known, payload, jti }
    } catch {
      return undefined // Whatever is wrong with it, the answer is the same: not one of our tokens.
    }
  }

  /** An opaque token, as if it were a signed one. */
  function described({ jti, accountId, sessionUid: sid, scope = '', ...token }: AccessToken): Good | undefined {
    const user = setup.account(accountId)
    if (!user) return undefined
    const { iat, exp, clientId: client_id } = token
    const { audience } = apiOf(token.resourceServer?.identifier() ?? '')
    const standard = { iss: issuer, sub: accountId, client_id, iat, exp, jti, scope }
    const payload = quirks.claims.accessToken(setup.signed(user, { scope, sid, audience }), standard)
    return { subject: accountId, sid, scope, jti, payload }
  }

  async function userinfo(ctx: Context): Promise<void> {
    const token = bearerOf(ctx)
    const posted = token === undefined && ctx.method === 'POST' ? (await readForm(ctx.req)).get('access_token') : null
    const good = await verify(token ?? posted ?? '')
    const user = setup.account(good?.subject ?? '')
    if (!good || !user) {
      return refuse(ctx, 401, { error: 'invalid_token', error_description: 'Token verification failed' })
    }
    if (!good.scope.split(' ').includes('openid')) {
      return refuse(ctx, 403, { error: 'insufficient_scope', error_description: 'Missing openid scope' })
    }
    ctx.status = 200
    ctx.body = { sub: good.subject, ...quirks.claims.userinfo(setup.signed(user, good)) }
  }

  async function api(ctx: Context, answer: NonNullable<Quirks['api']>['answer']): Promise<void> {
    const good = await verify(bearerOf(ctx) ?? '')
    const user = setup.account(good?.subject ?? '')
    if (!good || !user) {
      return refuse(ctx, 401, { error: 'invalid_token', error_description: 'Token verification failed' })
    }
    const body = ctx.method === 'GET' ? undefined : await readJson(ctx.req)
    const url = new URL(ctx.url, settings.otherOrigin)
    Object.assign(ctx, answer({ method: ctx.method, url, body, user, scope: new Set(good.scope.split(' ')) }))
  }

  async function tokenInfo(ctx: Context, describe: NonNullable<Quirks['tokenInfo']>): Promise<void> {
    const posted = ctx.method === 'POST' ? (await readForm(ctx.req)).get('access_token') : undefined
    const good = await verify(String(ctx.query['access_token'] ?? posted ?? ''))
    const user = setup.account(good?.subject ?? '')
    if (!good || !user) {
      return refuse(ctx, 400, { error: 'invalid_token', error_description: 'Invalid Value' })
    }
    const { exp = 0 } = good.payload
    const left = exp - Math.floor(Date.now() / 1000)
    ctx.status = 200
    ctx.body = { ...describe(setup.signed(user, good)), exp: String(exp), expires_in: String(left) }
  }

  async function introspect(ctx: Context, form: URLSearchParams): Promise<void> {
    const token = form.get('token') ?? ''
    ctx.status = 200
    const good = await verify(token)
    if (good) {
      ctx.body = { active: true, ...quirks.claims.introspection(good.payload) }
      return
    }
    const refreshToken = await provider.RefreshToken.find(token)
    ctx.body = refreshToken?.isValid ? describe(refreshToken) : { active: false }
  }

  async function revoke(ctx: Context, form: URLSearchParams): Promise<void> {
    const token = form.get('token') ?? ''
    const good = await verify(token)
    if (good) {
      issued.revoke(good.jti)
      await (await provider.AccessToken.find(token))?.destroy()
    }
    const refreshToken = good ? undefined : await provider.RefreshToken.find(token)
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

  function describe({ jti, accountId, clientId, scope, iat, exp, sessionUid }: RefreshToken): Claims {
    return {
      active: true,
      typ: 'Refresh',
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

  function refuse(ctx: Context, status: number, refusal: { error: string; error_description: string }): void {
    const { error, error_description: description } = refusal
    ctx.status = status
    if (status === 401) {
      ctx.set(
        'www-authenticate',
        `Bearer ${quirks.words.challenge}, error="${error}", error_description="${description}"`,
      )
    }
    ctx.body = refusal
  }

  return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    if (ctx.path === paths.userinfo && (ctx.method === 'GET' || ctx.method === 'POST')) return userinfo(ctx)
    if (quirks.tokenInfo && ctx.path === paths.introspection) return tokenInfo(ctx, quirks.tokenInfo)
    if (quirks.api?.paths.test(ctx.path)) return api(ctx, quirks.api.answer)
    const handler = { [paths.introspection ?? '']: introspect, [paths.revocation ?? '']: revoke }[ctx.path]
    if (!handler || ctx.method !== 'POST') return next()
    const form = await readForm(ctx.req)
    return isClient(ctx, form) ? handler(ctx, form) : refuse(ctx, 401, quirks.words.clientCredentials)
  }
}

type RefreshToken = InstanceType<Provider['RefreshToken']>

type AccessToken = InstanceType<Provider['AccessToken']>

function bearerOf({ headers }: Context): string | undefined {
  return /^bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** RFC 6749 section 2.3.1: both halves of the header are form-encoded. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
