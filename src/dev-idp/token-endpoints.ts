/**
 * userinfo, introspection and revocation for access tokens that are JWTs: identity providers accept one token at all three and at resource
 * servers, which oidc-provider keeps apart.
 */
import { createLocalJWKSet, type JWK, type JWTPayload, jwtVerify } from 'jose'
import type Provider from 'oidc-provider'
import type { Context } from './answers.ts'
import type { Claims } from './contract.ts'
import type { IssuedToken, IssuedTokens } from './issued-tokens.ts'
import { matchesSecret } from './login-form.ts'
import { readForm } from './request-form.ts'
import type { Setup } from './setup.ts'

type Good = IssuedToken & { payload: JWTPayload; jti: string }

export interface TokenEndpointDependencies {
  provider: Provider
  setup: Setup
  issued: IssuedTokens
}

/** A middleware that answers at the three addresses and hands on everything else. */
export function tokenEndpoints({ provider, setup, issued }: TokenEndpointDependencies) {
  const { quirks, settings, issuer, paths } = setup
  const keys = createLocalJWKSet({ keys: setup.keys.map(publicPart) })

  /** An access token that is good now: signed here, not expired, not revoked, its session alive. */
  async function verify(token: string): Promise<Good | undefined> {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, currentDate: new Date(Date.now()) })
      const { jti = '' } = payload
      const known = issued.find(jti)
      if (!known || !(await provider.Session.findByUid(known.sid ?? ''))) return undefined
      return { ...known, payload, jti }
    } catch {
      return undefined // Whatever is wrong with it, the answer is the same: not one of our tokens.
    }
  }

  async function userinfo(ctx: Context): Promise<void> {
    const token = /^bearer (\S+)$/i.exec(ctx.headers.authorization ?? '')?.[1]
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
    ctx.body = { sub: good.subject, ...quirks.claims.userinfo(setup.signed(user, good.scope, good.sid)) }
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
    if (good) issued.revoke(good.jti)
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
    const handler = { [paths.introspection]: introspect, [paths.revocation]: revoke }[ctx.path]
    if (!handler || ctx.method !== 'POST') return next()
    const form = await readForm(ctx.req)
    return isClient(ctx, form) ? handler(ctx, form) : refuse(ctx, 401, quirks.words.clientCredentials)
  }
}

type RefreshToken = InstanceType<Provider['RefreshToken']>

function publicPart({ kty, n, e, kid }: JWK): JWK {
  return { kty, n, e, kid, alg: 'RS256', use: 'sig' } as JWK
}

/** RFC 6749 section 2.3.1: both halves of the header are form-encoded. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
