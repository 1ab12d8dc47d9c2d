import type { Configuration, KoaContextWithOIDC, ResponseType } from 'oidc-provider'
import { html } from './answers.ts'
import { apiOf, apiUri, isOpaque } from './asked-api.ts'
import type { IssuedTokens } from './issued-tokens.ts'
import { loginUrl } from './login-form.ts'
import { loginGone } from './login-gone.ts'
import { memoryAdapter } from './memory-adapter.ts'
import { offlineParameter, rootParameter } from './own-parameters.ts'
import { errorPage, loggedOutPage, logoutPage } from './pages.ts'
import { promptsWithAccounts } from './prompts.ts'
import type { Setup } from './setup.ts'

export const lifetimes = {
  AccessToken: 300,
  AuthorizationCode: 60,
  IdToken: 300,
  RefreshToken: 36_000,
  Interaction: 1800,
  Session: 36_000,
  Grant: 36_000,
}

type ClientKeys = NonNullable<NonNullable<Configuration['jwks']>['keys']>

/** Parameters of vendors that are no part of OpenID Connect. */
const vendorParameters = ['audience', 'access_type', 'hd', 'domain_hint', 'kc_idp_hint', 'connection']

/** oidc-provider's configuration for a look-alike. */
export function configurationOf(
  setup: Setup,
  issued: IssuedTokens,
  isOffline: (code: string) => boolean,
): Configuration {
  const { quirks, settings, paths, takenScopes, keys } = setup
  const { clientAuthentication: authentication } = settings
  const responseTypes: ResponseType[] = ['code', ...(quirks.implicit ?? [])]
  return {
    adapter: memoryAdapter() as NonNullable<Configuration['adapter']>,
    clients: [
      {
        client_id: settings.clientId,
        client_secret: settings.clientSecret,
        // Never compared: which ones are registered is decided elsewhere, and no other is allowed beside an implicit flow.
        redirect_uris: ['https://gatehouse.example/'],
        response_types: responseTypes,
        grant_types: ['authorization_code', 'refresh_token', ...(quirks.implicit ? ['implicit'] : [])],
        token_endpoint_auth_method: authentication.method,
        ...('keys' in authentication ? { jwks: { keys: [...authentication.keys] as ClientKeys } } : {}),
      },
    ],
    jwks: { keys: keys.map((key) => ({ ...key, kty: 'RSA' })) as NonNullable<Configuration['jwks']>['keys'] },
    scopes: takenScopes,
    claims: { openid: ['sub'] },
    conformIdTokenClaims: false,
    clientAuthMethods: quirks.tokenEndpointAuthMethods,
    responseTypes,
    extraParams: [offlineParameter, rootParameter, ...vendorParameters],
    cookies: {
      keys: [settings.cookieKey],
      names: quirks.cookies,
      long: { httpOnly: true, sameSite: 'lax', signed: true, path: `${quirks.root}/` },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    routes: {
      authorization: paths.authorization,
      token: paths.token,
      userinfo: paths.userinfo,
      jwks: paths.jwks,
      ...(paths.endSession === undefined ? {} : { end_session: paths.endSession }),
      ...(paths.pushedAuthorizationRequest === undefined
        ? {}
        : { pushed_authorization_request: paths.pushedAuthorizationRequest }),
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: async (ctx) => apiUri(ctx, quirks),
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_ctx, uri) => ({
          scope: takenScopes.join(' '),
          audience: 'account',
          ...(isOpaque(uri)
            ? { accessTokenFormat: 'opaque' }
            : {
                accessTokenFormat: 'jwt',
                jwt: { sign: { alg: 'RS256', kid: String(keys[apiOf(uri).form === 'signed' ? 0 : 1].kid) } },
              }),
        }),
      },
      rpInitiatedLogout: {
        enabled: paths.endSession !== undefined && quirks.ownSignOut?.path !== paths.endSession,
        logoutSource: async (ctx, form) => html(ctx, 200, logoutPage(form)),
        postLogoutSuccessSource: async (ctx) => html(ctx, 200, loggedOutPage()),
      },
    },
    formats: { customizers: { jwt: accessTokenOf(setup, issued) } },
    interactions: {
      policy: promptsWithAccounts(),
      url: (_ctx, { uid, params }) => loginUrl(setup, uid, String(params['client_id'])),
    },
    findAccount: (ctx, subject) => {
      const user = setup.account(subject)
      if (!user) return undefined
      const { entities, session } = ctx.oidc
      const sid = (entities.AuthorizationCode ?? entities.RefreshToken)?.sessionUid ?? session?.uid
      return {
        accountId: subject,
        claims: (_use, scope) => ({
          sub: subject,
          ...quirks.claims.idToken(
            setup.signed(user, { scope, sid, throughBrowser: entities.AuthorizationCode === undefined }),
          ),
        }),
      }
    },
    loadExistingGrant: (ctx) => grantEverything(ctx, setup),
    issueRefreshToken: async (_ctx, _client, source) =>
      bringsRefreshToken(quirks) || (source.kind === 'AuthorizationCode' && isOffline(source.jti)),
    rotateRefreshToken: () => quirks.rotatesRefreshTokens === true,
    pkce: { required: () => false },
    clientBasedCORS: () => false,
    ttl: lifetimes,
    renderError: async (ctx, out) => html(ctx, ctx.status, errorPage(errorSentence(out, setup))),
  }
}

/** With every code, as far as a vendor leaves that to its settings. */
function bringsRefreshToken({ vendor }: Setup['quirks']): boolean {
  return vendor.refreshToken === 'code' || vendor.refreshToken === 'perhaps'
}

type JwtCustomizer = NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>

function accessTokenOf({ quirks, account, signed }: Setup, issued: IssuedTokens): JwtCustomizer {
  return (_ctx, token, jwt) => {
    if (token.kind !== 'AccessToken') return
    const user = account(token.accountId)
    if (!user) return
    const { scope = '', sessionUid: sid } = token
    const { audience } = apiOf(token.resourceServer?.identifier() ?? '')
    const payload = quirks.claims.accessToken(signed(user, { scope, sid, audience }), jwt.payload)
    issued.add(String(payload['jti']), { subject: token.accountId, sid, scope }, lifetimes.AccessToken)
    // oidc-provider insists on an audience; what is not enumerable does not get into the token.
    jwt.payload =
      payload['aud'] === undefined
        ? Object.defineProperty({ ...payload }, 'aud', { value: 'none', writable: true })
        : payload
  }
}

/** There is no consent page for products of the same company: the provider grants everything requested. */
async function grantEverything(ctx: KoaContextWithOIDC, { settings, takenScopes }: Setup) {
  const { provider, account, resourceServers } = ctx.oidc
  const grant = new provider.Grant({ accountId: account?.accountId ?? '', clientId: settings.clientId })
  grant.addOIDCScope(takenScopes.join(' '))
  for (const uri of Object.keys(resourceServers ?? {})) grant.addResourceScope(uri, takenScopes.join(' '))
  await grant.save()
  return grant
}

function errorSentence(
  { error, error_description: description = '' }: { error: string; error_description?: string | undefined },
  { quirks }: Setup,
): string {
  if (error === 'invalid_redirect_uri') return quirks.words.redirectUri
  if (error === 'invalid_client') return quirks.words.client
  const missing = /missing required parameter(?:\(s\)|s)? '?([a-z_]+)/.exec(description)?.[1]
  if (missing !== undefined) return `Missing parameter${missing === '' ? '' : `: ${missing}`}`
  if (error === 'invalid_request' && /session|interaction|expired/.test(description)) return loginGone
  return description || error
}
