/**
 * Builds an identity provider from a vendor's quirks: oidc-provider does the protocol; the files beside this one do what all vendors
 * do alike and oidc-provider does differently.
 */
import type { IncomingMessage } from 'node:http'
import Provider from 'oidc-provider'
import { type Context, publicJson } from './answers.ts'
import { configurationOf } from './configuration.ts'
import type { EndpointName, Host, LookAlikeSettings, Quirks, RunningLookAlike } from './contract.ts'
import { rewriteIdTokens } from './id-tokens.ts'
import { createIssuedTokens } from './issued-tokens.ts'
import { answerLogin, showInPlace } from './login-form.ts'
import { offlineParameter, rootParameter } from './own-parameters.ts'
import { answerKeys } from './published-keys.ts'
import { isPostLogoutUriAllowed } from './redirect-uri.ts'
import { type Setup, setUp } from './setup.ts'
import { answerOwnSignOut, refusesSignOut, signOut } from './sign-out.ts'
import { tokenEndpoints } from './token-endpoints.ts'

/** A provider that answers requests below its root. Throws `config-invalid` for a vendor with unknown addresses. */
export function runLookAlike(quirks: Quirks, settings: LookAlikeSettings): RunningLookAlike {
  const setup = setUp(quirks, settings)
  const issued = createIssuedTokens()
  /** Codes that were requested with `offline_access`. */
  const offlineCodes = new Set<string>()
  /** Who has consented to that before. Where a parameter of the request decides, only the first time counts. */
  const consented = new Set<string>()
  const asksForConsentOnce = quirks.vendor.refreshToken === 'parameter access_type'
  const provider = new Provider(
    setup.issuer,
    configurationOf(setup, issued, (code) => offlineCodes.has(code)),
  )

  provider.Client.prototype.redirectUriAllowed = setup.redirectAllowed
  provider.Client.prototype.postLogoutRedirectUriAllowed = (uri) => isPostLogoutUriAllowed(uri, settings.redirectUris)
  rewriteIdTokens(provider, setup)
  provider.on('authorization.success', (ctx, answer = {}) => {
    const { params, entities, session } = ctx.oidc
    const isFirst = !consented.has(session?.accountId ?? '') || String(params?.['prompt']).includes('consent')
    if (params?.[offlineParameter] !== undefined && (isFirst || !asksForConsentOnce)) {
      offlineCodes.add(entities.AuthorizationCode?.jti ?? '')
      consented.add(session?.accountId ?? '')
    }
    if (quirks.answers.sessionState) answer['session_state'] = session?.uid
    if (!quirks.answers.iss) delete answer['iss']
  })
  provider.use((ctx, next) => answer(ctx as Context, next, provider, setup))
  provider.use(tokenEndpoints({ provider, setup, issued }))
  return { issuer: setup.issuer, addresses: setup.addresses, handle: handlerOf(provider, setup) }
}

async function answer(ctx: Context, next: () => Promise<void>, provider: Provider, setup: Setup): Promise<void> {
  const { quirks, paths } = setup
  if (ctx.path === setup.discoveryPath) return publicJson(ctx, discoveryOf(setup, rootOf(ctx.req, setup)))
  if (ctx.path === paths.jwks) return answerKeys(ctx, setup)
  if (ctx.path === quirks.login.path) return answerLogin(ctx, provider, setup)
  if (quirks.ownSignOut?.path === ctx.path) return answerOwnSignOut(ctx, provider, setup)
  if (ctx.path === paths.authorization && (refusesScope(ctx, setup) || rememberRequest(ctx, setup))) return
  if (refusesSignOut(ctx, setup)) return
  await next()
  showInPlace(ctx, setup)
  if (!quirks.answers.iss) leaveOutIssuer(ctx)
  const route = ctx.oidc?.route
  if (ctx.status !== 200) return
  if (route === 'end_session') await signOut(ctx, provider, setup)
  if (route === 'token' && quirks.answers.sessionState) {
    Object.assign(ctx.body as object, { session_state: ctx.oidc.entities.AuthorizationCode?.sessionUid })
  }
}

/** oidc-provider names itself in each refusal (RFC 9207), and says so to nobody before. */
function leaveOutIssuer(ctx: Context): void {
  const location = ctx.response.get('location')
  if (/[?#&]error=/.test(location)) ctx.set('location', location.replace(/&iss=[^&#]*/, ''))
}

/** The vendors refuse an unknown scope; oidc-provider would drop it. */
function refusesScope(ctx: Context, { quirks, settings, takenScopes, issuer, redirectAllowed }: Setup): boolean {
  const { scope, redirect_uri: uri, client_id: id, state } = ctx.query
  const asked = String(scope ?? '')
  const unknown = asked.split(' ').filter((word) => word !== '' && !takenScopes.includes(word))
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

/** Never answers; see {@link offlineParameter} and {@link rootParameter}. */
function rememberRequest(ctx: Context, setup: Setup): false {
  const { quirks } = setup
  const { [offlineParameter]: _, [rootParameter]: __, ...query } = ctx.query
  const root = rootOf(ctx.req, setup)
  const changed = {
    ...query,
    ...(quirks.requestChanges?.(query) ?? {}),
    ...(wantsRefreshToken(query, quirks) ? { [offlineParameter]: 'yes' } : {}),
    ...(root === quirks.root ? {} : { [rootParameter]: root }),
  }
  ctx.query = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined)) as typeof query
  // oidc-provider finds its root as what this has before the address that it answers.
  Object.assign(ctx.req, { originalUrl: mountOf(setup, 'authorization') + ctx.url })
  return false
}

function wantsRefreshToken(query: Context['query'], { vendor }: Quirks): boolean {
  if (vendor.refreshToken === 'parameter access_type') return query['access_type'] === 'offline'
  return String(query['scope'] ?? '')
    .split(' ')
    .includes('offline_access')
}

function discoveryOf({ quirks, settings, issuer, addresses, scopes }: Setup, root: string): Record<string, unknown> {
  const written = (name: EndpointName) =>
    addresses[name]?.replace(`${settings.origin}${quirks.root}/`, `${settings.origin}${root}/`)
  const issuerPath = quirks.otherRoots?.[root]
  return {
    issuer: settings.faults().issuer ?? (issuerPath === undefined ? issuer : settings.origin + issuerPath),
    authorization_endpoint: written('authorization'),
    token_endpoint: written('token'),
    introspection_endpoint: written('introspection'),
    userinfo_endpoint: written('userinfo'),
    end_session_endpoint: written('endSession'),
    jwks_uri: written('jwks'),
    revocation_endpoint: written('revocation'),
    pushed_authorization_request_endpoint: written('pushedAuthorizationRequest'),
    grant_types_supported: ['authorization_code', 'refresh_token', ...(quirks.implicit ? ['implicit'] : [])],
    response_types_supported: ['code', ...(quirks.implicit ?? [])],
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
    ...quirks.discoveryOf?.(settings),
  }
}

/** The root of the vendor at which a request came in. */
function rootOf(request: IncomingMessage, { quirks }: Setup): string {
  return (request as Rooted).root ?? quirks.root
}

type Rooted = IncomingMessage & { root?: string }

/** What an address has before the path that oidc-provider knows it by. */
function mountOf({ quirks }: Setup, name: EndpointName): string {
  return quirks.elsewhere?.includes(name) ? '' : quirks.root
}

function handlerOf(provider: Provider, setup: Setup): RunningLookAlike['handle'] {
  const { quirks, settings } = setup
  const callback = provider.callback()
  const roots = [quirks.root, ...Object.keys(quirks.otherRoots ?? {})]
  return (request, response, host) => {
    const url = request.url ?? '/'
    const asked = host === 'elsewhere' ? '' : roots.find((root) => url.startsWith(`${root}/`))
    const below = url.slice(asked?.length ?? 0).replace(/(?<=[^/?])\/(?=\?|$)/, '')
    if (asked === undefined || hostOf(below, setup) !== host) {
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(quirks.words.notFound))
      return
    }
    // oidc-provider builds its addresses from the request; a configured hostname wins.
    request.headers.host = new URL(host === 'elsewhere' ? settings.otherOrigin : settings.origin).host
    const mount = host === 'elsewhere' ? '' : quirks.root
    void callback(Object.assign(request, { root: asked, originalUrl: mount + below, url: below }), response)
  }
}

/** The host at which a path is answered. What has no name goes with the authorization endpoint: the form, and the way back from it. */
function hostOf(below: string, { quirks, paths, discoveryPath }: Setup): Host {
  const { elsewhere = [] } = quirks
  const path = below.replace(/\?.*$/s, '')
  if (path === discoveryPath) return 'issuer'
  if (quirks.api?.paths.test(path)) return 'elsewhere'
  const name = (Object.keys(paths) as EndpointName[]).find((name) => paths[name] === path) ?? 'authorization'
  return elsewhere.includes(name) ? 'elsewhere' : 'issuer'
}
