/**
 * Keycloak 26 as products meet it: realm `data`, confidential client, group membership mapper on the client.
 * Not copied: cookies that are Secure on http, refresh tokens as JWTs, `code_challenge_method=plain`, and the callback is
 * reached by one redirect more after the login form.
 */
import { randomBytes } from 'node:crypto'
import type { DevUser, LookAlike, LookAlikeServer, LookAlikeSettings } from './contract.ts'
import { matchesSecret, tokenEndpoints } from './keycloak-tokens.ts'
import { memoryAdapter } from './memory-adapter.ts'
import { type Context, type OidcContext, Provider } from './oidc-provider.ts'
import { consentPage, errorPage, loggedOutPage, loginPage, logoutPage } from './pages.ts'
import { isPostLogoutUriAllowed, isRedirectUriAllowed } from './redirect-uri.ts'
import { readForm } from './request-form.ts'

const realm = '/realms/data'
const endpoints = '/protocol/openid-connect'
const loginAction = '/login-actions/authenticate'
/** Access tokens need a resource server inside oidc-provider to be JWTs; Keycloak has no such notion. */
const resource = 'urn:keycloak:account'

const scopeClaims: Record<string, string[]> = {
  // The group mapper sits on the client, so `groups` comes with every login, as in most set-ups.
  openid: ['sub', 'groups', 'sid', 'azp', 'typ'],
  profile: ['name', 'given_name', 'family_name', 'preferred_username'],
  email: ['email', 'email_verified'],
  groups: ['groups'],
}

export const keycloak: LookAlike = { name: 'keycloak', create }

function create(settings: LookAlikeSettings): LookAlikeServer {
  const { origin, clientId, clientSecret, users, faults } = settings
  const issuer = origin + realm
  const scopes = faults.scopes === 'missing' ? ['openid'] : ['openid', 'profile', 'email', 'groups', 'offline_access']
  const account = (id: string) => users.find((user) => user.id === id)
  const redirectAllowed = (uri: string) =>
    faults.redirect !== 'unregistered' && isRedirectUriAllowed(uri, settings.redirectUris)

  const provider = new Provider(issuer, {
    adapter: memoryAdapter(),
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: settings.redirectUris ?? [`${origin}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    jwks: { keys: [settings.signingKey] },
    scopes,
    claims: Object.fromEntries(Object.entries(scopeClaims).filter(([scope]) => scopes.includes(scope))),
    // Keycloak's mappers put everything into the ID token too, not only into userinfo.
    conformIdTokenClaims: false,
    clientAuthMethods: ['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt'],
    responseTypes: ['code'],
    cookies: {
      keys: [settings.cookieKey],
      names: { session: 'KEYCLOAK_IDENTITY', interaction: 'AUTH_SESSION_ID', resume: 'KC_RESTART' },
      long: { httpOnly: true, sameSite: 'lax', signed: true, path: `${realm}/` },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    routes: {
      authorization: `${endpoints}/auth`,
      token: `${endpoints}/token`,
      userinfo: `${endpoints}/userinfo`,
      jwks: `${endpoints}/certs`,
      end_session: `${endpoints}/logout`,
      pushed_authorization_request: `${endpoints}/ext/par/request`,
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => resource,
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => ({
          scope: scopes.join(' '),
          audience: 'account',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx: Context, form: string) => html(ctx, 200, logoutPage(form)),
        postLogoutSuccessSource: async (ctx: Context) => html(ctx, 200, loggedOutPage()),
      },
    },
    formats: {
      customizers: {
        jwt: async (_ctx: Context, token: { accountId?: string; sessionUid?: string; clientId?: string }, jwt: Jwt) => {
          const user = account(token.accountId ?? '')
          if (!user) return
          const { client_id, ...payload } = jwt.payload
          const claims = claimsOf(user, settings, new Set(String(payload['scope']).split(' ')))
          const aud = settings.audiences.length > 1 ? [...settings.audiences] : (settings.audiences[0] ?? 'account')
          jwt.payload = { ...payload, ...claims, aud, typ: 'Bearer', azp: client_id, sid: token.sessionUid }
        },
      },
    },
    interactions: {
      url: (_ctx: Context, { uid, params }: { uid: string; params: Record<string, unknown> }) =>
        loginActionUrl(uid, String(params['client_id'])),
    },
    findAccount: (ctx: { oidc: OidcContext }, id: string) => {
      const user = account(id)
      if (!user) return undefined
      const { entities, session } = ctx.oidc
      const sid = (entities.AuthorizationCode ?? entities.RefreshToken)?.sessionUid ?? session?.uid
      return {
        accountId: id,
        claims: () => ({ sub: id, ...claimsOf(user, settings, new Set(scopes)), sid, azp: clientId, typ: 'ID' }),
      }
    },
    // Products of one's own company are not asked about: everything that was requested is granted.
    loadExistingGrant: async (ctx: { oidc: OidcContext }) => {
      const grant = new provider.Grant({ accountId: ctx.oidc.account?.accountId ?? '', clientId })
      grant.addOIDCScope(scopes.join(' '))
      grant.addResourceScope(resource, scopes.join(' '))
      await grant.save()
      return grant
    },
    issueRefreshToken: async () => true,
    rotateRefreshToken: () => false,
    pkce: { required: () => false },
    clientBasedCORS: () => false,
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      IdToken: 300,
      RefreshToken: 36_000,
      Interaction: 1800,
      Session: 36_000,
      Grant: 36_000,
    },
    renderError: async (ctx: Context, out: { error: string; error_description?: string }) =>
      html(ctx, ctx.status, errorPage(errorSentence(out))),
  })

  provider.Client.prototype.redirectUriAllowed = redirectAllowed
  provider.Client.prototype.postLogoutRedirectUriAllowed = (uri) => isPostLogoutUriAllowed(uri, settings.redirectUris)
  provider.on('authorization.success', (ctx, parameters) => {
    parameters['session_state'] = ctx.oidc?.session?.uid
  })

  provider.use(async (ctx, next) => {
    if (ctx.path === '/.well-known/openid-configuration')
      return json(ctx, 200, discovery(issuer, scopes, faults.issuer))
    if (ctx.path === loginAction) return ctx.method === 'POST' ? signIn(ctx) : showForm(ctx)
    if (ctx.path === `${endpoints}/auth` && refusesScope(ctx)) return
    await next()
    if (isLoginRedirect(ctx)) await showInPlace(ctx)
    if (ctx.oidc?.route === 'end_session' && ctx.status === 200) await signOut(ctx)
    if (ctx.oidc?.route === 'token' && ctx.status === 200) {
      Object.assign(ctx.body as object, { session_state: ctx.oidc.entities.AuthorizationCode?.sessionUid })
    }
  })
  provider.use(tokenEndpoints({ provider, issuer, settings, account, paths: endpoints, claimsOf: userinfoClaims }))

  function userinfoClaims(user: DevUser, scope: ReadonlySet<string>) {
    return { sub: user.id, ...claimsOf(user, settings, scope) }
  }

  /** Keycloak refuses an unknown scope; oidc-provider would drop it. */
  function refusesScope(ctx: Context): boolean {
    const { scope, redirect_uri: uri, client_id: id, state } = ctx.query
    const unknown = String(scope ?? '')
      .split(' ')
      .filter((word) => word !== '' && !scopes.includes(word))
    if (unknown.length === 0 || id !== clientId || typeof uri !== 'string' || !redirectAllowed(uri)) return false
    const target = new URL(uri)
    target.searchParams.set('error', 'invalid_scope')
    target.searchParams.set('error_description', `Invalid scopes: ${String(scope)}`)
    if (typeof state === 'string') target.searchParams.set('state', state)
    target.searchParams.set('iss', issuer)
    ctx.redirect(target.href)
    return true
  }

  /** Keycloak answers the authorization request with the form itself, not with a redirect to it. */
  async function showInPlace(ctx: Context): Promise<void> {
    const interaction = ctx.oidc?.entities.Interaction
    if (!interaction) return
    ctx.remove('location')
    const action = origin + loginActionUrl(interaction.uid, clientId)
    html(
      ctx,
      200,
      interaction.prompt.name === 'login' ? loginPage({ action, clientId }) : consentPage({ action, clientId }),
    )
  }

  async function showForm(ctx: Context): Promise<void> {
    const interaction = await provider.Interaction.find(String(ctx.query['session_code']))
    if (!interaction) return html(ctx, 400, errorPage(loginGone))
    html(ctx, 200, loginPage({ action: origin + loginActionUrl(interaction.uid, clientId), clientId }))
  }

  async function signIn(ctx: Context): Promise<void> {
    // The form's code is enough here: the redirect that follows needs the cookie of the browser that started.
    const interaction = await provider.Interaction.find(String(ctx.query['session_code']))
    if (!interaction) return html(ctx, 400, errorPage(loginGone))
    if (interaction.prompt.name !== 'login') return finish(ctx, interaction, { consent: {} })

    const form = await readForm(ctx.req)
    const name = form.get('username') ?? ''
    const user = users.find(({ username, email }) => username === name.toLowerCase() || email === name.toLowerCase())
    if (!matchesSecret(form.get('password') ?? '', user?.password ?? randomBytes(16).toString('hex')) || !user) {
      const action = origin + loginActionUrl(interaction.uid, clientId)
      return html(ctx, 200, loginPage({ action, clientId, username: name, error: 'Invalid username or password.' }))
    }
    await finish(ctx, interaction, { login: { accountId: user.id } })
  }

  /** With a valid hint nobody is asked, and neither is somebody who was not signed in. */
  async function signOut(ctx: Context): Promise<void> {
    const session = ctx.oidc?.session
    if (!session || (session.accountId !== undefined && ctx.oidc?.entities.IdTokenHint === undefined)) return
    const { postLogoutRedirectUri, state } = session.state ?? {}
    for (const { grantId } of Object.values(session.authorizations ?? {})) {
      if (grantId !== undefined) await (await provider.Grant.find(grantId))?.destroy()
    }
    await session.destroy()
    ctx.cookies.set('KEYCLOAK_IDENTITY', null, { path: `${realm}/`, signed: true })
    if (postLogoutRedirectUri === undefined) return html(ctx, 200, loggedOutPage())
    const target = new URL(postLogoutRedirectUri)
    if (state !== undefined) target.searchParams.set('state', state)
    ctx.body = undefined
    ctx.redirect(target.href)
  }

  const answer = provider.callback()
  return {
    issuer,
    description: {
      rootPath: realm,
      scopes: ['openid', 'email', 'profile'],
      principalClaim: 'preferred_username',
      providerHint: 'Keycloak',
    },
    handle(request, response) {
      const url = request.url ?? '/'
      if (!url.startsWith(`${realm}/`)) {
        response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Realm does not exist"}')
        return
      }
      // oidc-provider makes its addresses from the request; a hostname that is configured wins, as with KC_HOSTNAME.
      request.headers.host = new URL(origin).host
      answer(Object.assign(request, { originalUrl: url, url: url.slice(realm.length) }), response)
    },
  }
}

type Jwt = { payload: Record<string, unknown> }

const loginGone =
  'Restart login cookie not found. It may have expired; it may have been deleted or cookies are disabled in your browser.'

function isLoginRedirect(ctx: Context): boolean {
  return ctx.status === 303 && String(ctx.res.getHeader('location')).startsWith(realm + loginAction)
}

function loginActionUrl(uid: string, clientId: string): string {
  const query = new URLSearchParams({
    session_code: uid,
    execution: 'b1b2a8e4-6c1f-4b43-9d0a-7f3d7a5d5c11',
    client_id: clientId,
    tab_id: uid.slice(0, 11),
  })
  return `${realm}${loginAction}?${query}`
}

async function finish(
  ctx: Context,
  interaction: NonNullable<OidcContext['entities']['Interaction']>,
  result: Record<string, unknown>,
): Promise<void> {
  interaction.result = { ...(interaction as { lastSubmission?: object }).lastSubmission, ...result }
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000))
  ctx.redirect(interaction.returnTo)
}

function claimsOf(user: DevUser, { fullGroupPaths }: LookAlikeSettings, scope: ReadonlySet<string>) {
  return {
    groups: fullGroupPaths ? user.groups.map((group) => `/${group}`) : [...user.groups],
    ...(scope.has('profile')
      ? { name: user.name, given_name: user.givenName, family_name: user.familyName, preferred_username: user.username }
      : {}),
    ...(scope.has('email') ? { email: user.email, email_verified: true } : {}),
  }
}

function errorSentence({
  error,
  error_description: description = '',
}: {
  error: string
  error_description?: string
}): string {
  if (error === 'invalid_redirect_uri') return 'Invalid parameter: redirect_uri'
  if (error === 'invalid_client') return 'Client not found.'
  const missing = /missing required parameter(?:\(s\)|s)? '?([a-z_]+)/.exec(description)?.[1]
  if (missing !== undefined) return `Missing parameter${missing === '' ? '' : `: ${missing}`}`
  if (error === 'invalid_request' && /session|interaction|expired/.test(description)) return loginGone
  return description || error
}

function discovery(issuer: string, scopes: readonly string[], publishedIssuer = issuer): Record<string, unknown> {
  const at = (path: string) => `${issuer}${endpoints}${path}`
  return {
    issuer: publishedIssuer,
    authorization_endpoint: at('/auth'),
    token_endpoint: at('/token'),
    introspection_endpoint: at('/token/introspect'),
    userinfo_endpoint: at('/userinfo'),
    end_session_endpoint: at('/logout'),
    jwks_uri: at('/certs'),
    revocation_endpoint: at('/revoke'),
    pushed_authorization_request_endpoint: at('/ext/par/request'),
    grant_types_supported: ['authorization_code', 'refresh_token'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    // This order is Keycloak's and matters: pac4j (Druid) takes the first and then lacks a key.
    token_endpoint_auth_methods_supported: [
      'private_key_jwt',
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
    ],
    claims_supported: [
      'sub',
      'iss',
      'auth_time',
      'name',
      'given_name',
      'family_name',
      'preferred_username',
      'email',
      'email_verified',
      'acr',
      'groups',
    ],
    claim_types_supported: ['normal'],
    claims_parameter_supported: false,
    scopes_supported: scopes,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
}

function html(ctx: Context, status: number, body: string): void {
  ctx.status = status
  ctx.type = 'html'
  ctx.set('cache-control', 'no-store')
  // No form-action: browsers apply it to the redirect after the form, which leads to the application.
  ctx.set(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  )
  ctx.set('referrer-policy', 'no-referrer')
  ctx.body = body
}

function json(ctx: Context, status: number, body: unknown): void {
  ctx.status = status
  ctx.set('access-control-allow-origin', '*')
  ctx.body = body
}
