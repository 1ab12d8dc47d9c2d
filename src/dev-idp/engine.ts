/**
 * Builds an identity provider from a vendor's quirks: oidc-provider does the protocol; the files beside this one do what all vendors
 * do alike and oidc-provider does differently.
 */
import Provider from 'oidc-provider'
import { type Context, publicJson } from './answers.ts'
import { configurationOf, offlineParameter } from './configuration.ts'
import type { LookAlikeSettings, Quirks, RunningLookAlike } from './contract.ts'
import { createIssuedTokens } from './issued-tokens.ts'
import { answerLogin, showInPlace } from './login-form.ts'
import { isPostLogoutUriAllowed } from './redirect-uri.ts'
import { type Setup, setUp } from './setup.ts'
import { refusesSignOut, signOut } from './sign-out.ts'
import { tokenEndpoints } from './token-endpoints.ts'

/** A provider that answers requests below its root. Throws `config-invalid` for a vendor with unknown addresses. */
export function runLookAlike(quirks: Quirks, settings: LookAlikeSettings): RunningLookAlike {
  const setup = setUp(quirks, settings)
  const issued = createIssuedTokens()
  /** Codes that were requested with `offline_access`. */
  const offlineCodes = new Set<string>()
  const provider = new Provider(
    setup.issuer,
    configurationOf(setup, issued, (code) => offlineCodes.has(code)),
  )

  provider.Client.prototype.redirectUriAllowed = setup.redirectAllowed
  provider.Client.prototype.postLogoutRedirectUriAllowed = (uri) => isPostLogoutUriAllowed(uri, settings.redirectUris)
  provider.on('authorization.success', (ctx, answer = {}) => {
    const { params, entities, session } = ctx.oidc
    if (params?.[offlineParameter] !== undefined) offlineCodes.add(entities.AuthorizationCode?.jti ?? '')
    if (quirks.answers.sessionState) answer['session_state'] = session?.uid
    if (!quirks.answers.iss) delete answer['iss']
  })
  provider.use((ctx, next) => answer(ctx as Context, next, provider, setup))
  provider.use(tokenEndpoints({ provider, setup, issued }))
  return { issuer: setup.issuer, handle: handlerOf(provider, setup) }
}

async function answer(ctx: Context, next: () => Promise<void>, provider: Provider, setup: Setup): Promise<void> {
  const { quirks, paths } = setup
  if (ctx.path === setup.discoveryPath) return publicJson(ctx, discoveryOf(setup))
  if (ctx.path === quirks.login.path) return answerLogin(ctx, provider, setup)
  if (ctx.path === paths.authorization && (refusesScope(ctx, setup) || rememberOffline(ctx, setup))) return
  if (refusesSignOut(ctx, setup)) return
  await next()
  showInPlace(ctx, setup)
  const route = ctx.oidc?.route
  if (ctx.status !== 200) return
  if (route === 'end_session') await signOut(ctx, provider, setup)
  if (route === 'jwks') ctx.body = withoutUnpublished(ctx.body as { keys: unknown[] }, setup)
  if (route === 'token' && quirks.answers.sessionState) {
    Object.assign(ctx.body as object, { session_state: ctx.oidc.entities.AuthorizationCode?.sessionUid })
  }
}

/** The vendors refuse an unknown scope; oidc-provider would drop it. */
function refusesScope(ctx: Context, { quirks, settings, scopes, issuer, redirectAllowed }: Setup): boolean {
  const { scope, redirect_uri: uri, client_id: id, state } = ctx.query
  const asked = String(scope ?? '')
  const unknown = asked.split(' ').filter((word) => word !== '' && !scopes.includes(word))
  if (!quirks.vendor.refusesUnknownScopes || unknown.length === 0) return false
  if (id !== settings.clientId || typeof uri !== 'string' || !redirectAllowed(uri)) return false
  const target = new URL(uri)
  target.searchParams.set('error', 'invalid_scope')
  target.searchParams.set('error_description', quirks.words.scope(asked))
  if (typeof state === 'string') target.searchParams.set('state', state)
  if (quirks.answers.iss) target.searchParams.set('iss', issuer)
  ctx.redirect(target.href)
  return true
}

/** Never answers; see {@link offlineParameter}. */
function rememberOffline(ctx: Context, { quirks }: Setup): false {
  const { [offlineParameter]: _, ...query } = ctx.query
  const isOffline = String(query['scope'] ?? '')
    .split(' ')
    .includes('offline_access')
  ctx.query = isOffline ? { ...query, [offlineParameter]: 'yes' } : query
  // oidc-provider finds its root as what this has before the address that it answers.
  Object.assign(ctx.req, { originalUrl: quirks.root + ctx.url })
  return false
}

function withoutUnpublished({ keys }: { keys: unknown[] }, { quirks }: Setup): { keys: unknown[] } {
  return { keys: quirks.publishesAccessTokenKey ? keys : keys.slice(0, 1) }
}

function discoveryOf({ quirks, settings, issuer, addresses, scopes }: Setup): Record<string, unknown> {
  const { pushedAuthorizationRequest: pushed } = addresses
  return {
    issuer: settings.faults.issuer ?? issuer,
    authorization_endpoint: addresses.authorization,
    token_endpoint: addresses.token,
    introspection_endpoint: addresses.introspection,
    userinfo_endpoint: addresses.userinfo,
    end_session_endpoint: addresses.endSession,
    jwks_uri: addresses.jwks,
    revocation_endpoint: addresses.revocation,
    ...(pushed === undefined ? {} : { pushed_authorization_request_endpoint: pushed }),
    grant_types_supported: ['authorization_code', 'refresh_token'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: quirks.tokenEndpointAuthMethods,
    claims_parameter_supported: false,
    scopes_supported: scopes,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    code_challenge_methods_supported: ['S256'],
    ...quirks.discovery,
  }
}

function handlerOf(provider: Provider, { quirks, settings }: Setup): RunningLookAlike['handle'] {
  const { host } = new URL(settings.origin)
  const callback = provider.callback()
  return (request, response) => {
    const url = request.url ?? '/'
    if (!url.startsWith(`${quirks.root}/`)) {
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(quirks.words.notFound))
      return
    }
    // oidc-provider builds its addresses from the request; a configured hostname wins.
    request.headers.host = host
    const below = url.slice(quirks.root.length).replace(/(?<=[^/?])\/(?=\?|$)/, '')
    void callback(Object.assign(request, { originalUrl: quirks.root + below, url: below }), response)
  }
}
