import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { html } from './answers.ts'
import type { IssuedTokens } from './issued-tokens.ts'
import { loginUrl } from './login-form.ts'
import { loginGone } from './login-gone.ts'
import { memoryAdapter } from './memory-adapter.ts'
import { errorPage, loggedOutPage, logoutPage } from './pages.ts'
import { promptsWithAccounts } from './prompts.ts'
import type { Setup } from './setup.ts'

/** Access tokens need a resource server inside oidc-provider to be JWTs; identity providers have no such notion. */
const resource = 'urn:dev-idp:account'

export const lifetimes = {
  AccessToken: 300,
  AuthorizationCode: 60,
  IdToken: 300,
  RefreshToken: 36_000,
  Interaction: 1800,
  Session: 36_000,
  Grant: 36_000,
}

/**
 * The parameter that remembers a wish for refresh tokens: oidc-provider drops the scope `offline_access` unless it asks the person for
 * consent, and the vendors do not ask.
 */
export const offlineParameter = 'dev_idp_offline'

/** oidc-provider's configuration for a look-alike. */
export function configurationOf(
  setup: Setup,
  issued: IssuedTokens,
  isOffline: (code: string) => boolean,
): Configuration {
  const { quirks, settings, paths, scopes, keys } = setup
  return {
    adapter: memoryAdapter() as NonNullable<Configuration['adapter']>,
    clients: [
      {
        client_id: settings.clientId,
        client_secret: settings.clientSecret,
        redirect_uris: [...(settings.redirectUris ?? [`${settings.origin}/`])],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    jwks: { keys: keys.map((key) => ({ ...key, kty: 'RSA' })) as NonNullable<Configuration['jwks']>['keys'] },
    scopes,
    claims: { openid: ['sub', ...idTokenClaims(setup)] },
    conformIdTokenClaims: false,
    clientAuthMethods: quirks.tokenEndpointAuthMethods,
    responseTypes: ['code'],
    extraParams: [offlineParameter],
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
      end_session: paths.endSession,
      ...(paths.pushedAuthorizationRequest === undefined
        ? {}
        : { pushed_authorization_request: paths.pushedAuthorizationRequest }),
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
          jwt: { sign: { alg: 'RS256', kid: String(keys.at(-1)?.kid) } },
        }),
      },
      rpInitiatedLogout: {
        enabled: true,
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
        claims: (_use, scope) => ({ sub: subject, ...quirks.claims.idToken(setup.signed(user, scope, sid)) }),
      }
    },
    loadExistingGrant: (ctx) => grantEverything(ctx, setup),
    issueRefreshToken: async (_ctx, _client, source) =>
      quirks.vendor.refreshToken === 'code' || (source.kind === 'AuthorizationCode' && isOffline(source.jti)),
    rotateRefreshToken: () => false,
    pkce: { required: () => false },
    clientBasedCORS: () => false,
    ttl: lifetimes,
    renderError: async (ctx, out) => html(ctx, ctx.status, errorPage(errorSentence(out, setup))),
  }
}

/** Claims that an ID token may have; oidc-provider lets no others through. */
function idTokenClaims({ quirks, settings, scopes, signed }: Setup): string[] {
  return settings.users
    .slice(0, 1)
    .flatMap((user) => Object.keys(quirks.claims.idToken(signed(user, scopes.join(' '), ''))))
}

type JwtCustomizer = NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>

function accessTokenOf({ quirks, account, signed }: Setup, issued: IssuedTokens): JwtCustomizer {
  return (_ctx, token, jwt) => {
    if (token.kind !== 'AccessToken') return
    const user = account(token.accountId)
    if (!user) return
    const { scope = '', sessionUid: sid } = token
    const payload = quirks.claims.accessToken(signed(user, scope, sid), jwt.payload)
    issued.add(String(payload['jti']), { subject: token.accountId, sid, scope }, lifetimes.AccessToken)
    jwt.payload = payload
  }
}

/** There is no consent page for products of the same company: the provider grants everything requested. */
async function grantEverything(ctx: KoaContextWithOIDC, { settings, scopes }: Setup) {
  const { provider, account } = ctx.oidc
  const grant = new provider.Grant({ accountId: account?.accountId ?? '', clientId: settings.clientId })
  grant.addOIDCScope(scopes.join(' '))
  grant.addResourceScope(resource, scopes.join(' '))
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
