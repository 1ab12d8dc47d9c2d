import type { JWK } from 'jose'
import {
  type ClientAuthMethod,
  type Configuration,
  errors,
  type KoaContextWithOIDC,
  type ResponseType,
} from 'oidc-provider'
import { passwordContext } from '../authentication-context.ts'
import type { Clock } from '../clock.ts'
import { basePathOf } from '../config/addresses.ts'
import { pageOriginOf } from '../config/redirect-addresses.ts'
import { recordOf } from '../request-record.ts'
import type { User, UserTable } from '../store/users.ts'
import type { Turns } from '../turns.ts'
import { storedUsernameProblem } from '../username.ts'
import { grantClaim } from './access-tokens.ts'
import { type AdapterInput, type CurrentLogin, createAdapter } from './adapter.ts'
import { assertClaimsParameter } from './asked-claims.ts'
import type { RegisteredProduct } from './clients.ts'
import { createInteractionPolicy } from './interaction-policy.ts'
import { lifetimes } from './lifetimes.ts'
import { keepOfflineAccess } from './offline-access.ts'
import { publishesKeys } from './published-clients.ts'
import { serviceScope, serviceTokenAlg } from './service-tokens.ts'
import { choosingParameters } from './sign-in-demand.ts'
import { assertionAlgs, checkRequestObject, createAssertionCheck, requestObjectAlgs } from './signed-requests.ts'
import type { Strangers } from './strangers.ts'

/** What products may ask for about people. */
export const scopes = ['openid', 'offline_access', 'email', 'profile', 'groups']

export interface ProviderPages {
  /** Answers with the error page, for errors that must not be redirected (unknown client, unregistered redirect URI). */
  error(ctx: KoaContextWithOIDC, error: Error): Promise<void>
  /** Asks whether to sign out; `form` is the form element of the buttons. */
  confirmSignOut(ctx: KoaContextWithOIDC, form: string): Promise<void>
  signedOut(ctx: KoaContextWithOIDC): Promise<void>
}

export interface ConfigurationInput {
  issuer: string
  clients: readonly RegisteredProduct[]
  payloads: AdapterInput['payloads']
  ending: AdapterInput['ending']
  refreshGrace: AdapterInput['refreshGrace']
  noteReuse: AdapterInput['noteReuse']
  singleUse: AdapterInput['singleUse']
  publishedClients: AdapterInput['publishedClients']
  users: Pick<UserTable, 'find' | 'teams'>
  /** The login session of the browser whose request is being answered. */
  currentLogin: () => CurrentLogin | undefined
  strangers: Pick<Strangers, 'bound'>
  clock: Clock
  turns: Turns
  jwks: JWK[]
  cookieKeys: string[]
  pages: ProviderPages
}

export const cookieNames = (issuer: string) => {
  const { protocol } = new URL(issuer)
  // `__Host-` requires Path=/ and https; the interaction cookies have their own path. A neighbour can set those: they give access to
  // nothing that was not finished with the login session of the same browser (session-guard.ts).
  if (protocol !== 'https:') {
    return { session: 'gatehouse_provider', interaction: 'gatehouse_interaction', resume: 'gatehouse_resume' }
  }
  return {
    session: '__Host-gatehouse_provider',
    interaction: '__Secure-gatehouse_interaction',
    resume: '__Secure-gatehouse_resume',
  }
}

/** A program has no account: it gets the scope of the service, and nothing of what people have. */
function checkProgramScope({ oidc }: KoaContextWithOIDC): void {
  if (oidc.params?.['grant_type'] !== 'client_credentials') return
  const others = [...oidc.requestParamScopes].filter((scope) => scope !== serviceScope)
  if (others.length > 0) throw new errors.InvalidScope('requested scope is not allowed', others.join(' '))
}

/** A token for a service lets into it without a question: it must not stand in an address (RFC 9700 section 2.1.2). */
function checkThatNoAddressCarriesIt({ oidc }: KoaContextWithOIDC): void {
  const responseType = String(oidc.params?.['response_type'] ?? '')
  if (responseType.split(' ').includes('token')) {
    throw new errors.InvalidTarget('tokens for services come from the token endpoint only')
  }
}

/** How this server signs ID tokens. */
export const idTokenAlgs = ['ES256', 'RS256'] as const

/** What some client may do, and no more: discovery says exactly what can be had. */
function offeredTo(clients: readonly RegisteredProduct[]) {
  const methods = clients.map(({ metadata }) => metadata.token_endpoint_auth_method ?? 'client_secret_basic')
  const responseTypes = clients.flatMap(({ metadata }) => metadata.response_types ?? [])
  return {
    authenticationMethods: [
      ...new Set(['client_secret_basic', 'client_secret_post', ...methods]),
    ] as ClientAuthMethod[],
    responseTypes: [...new Set(['code', ...responseTypes])] as ResponseType[],
  }
}

/** The configuration of oidc-provider. */
export function createConfiguration(input: ConfigurationInput): Configuration {
  const { pages, users } = input
  const products = new Map(input.clients.map((client) => [client.metadata.client_id, client]))
  const offered = offeredTo(input.clients)

  return {
    adapter: input.strangers.bound(createAdapter(input)),
    discovery: {
      prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
      // Pages are in English. What else a product wishes is handed on to the provider at which people sign in.
      ui_locales_supported: ['en'],
    },
    // oidc-provider has no others than these, and asks the adapter for those whose keys change.
    clients: input.clients.filter((client) => !publishesKeys(client)).map(({ metadata }) => metadata),
    jwks: { keys: input.jwks } as NonNullable<Configuration['jwks']>,
    routes: {
      authorization: '/authorize',
      token: '/token',
      userinfo: '/userinfo',
      jwks: '/jwks',
      introspection: '/introspect',
      revocation: '/revoke',
      end_session: '/logout',
      pushed_authorization_request: '/par',
    },
    cookies: { names: cookieNames(input.issuer), keys: input.cookieKeys },
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' && (client.redirectUris ?? []).some((uri) => pageOriginOf(uri) === origin),
    clientAuthMethods: offered.authenticationMethods,
    assertJwtClientAuthClaimsAndHeader: createAssertionCheck(input.clock.now),
    responseTypes: offered.responseTypes,
    acrValues: [passwordContext({ secure: input.issuer.startsWith('https:') }).acr],
    scopes,
    extraParams: { ...keepOfflineAccess, ...Object.fromEntries(choosingParameters.map((name) => [name, null])) },
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username', 'given_name', 'family_name'],
      groups: ['groups'],
    },
    // Products such as Amundsen's flaskoidc read claims from the ID token only.
    conformIdTokenClaims: false,
    // Trino and flaskoidc send no PKCE; a public client needs it.
    pkce: { required: (_ctx, client) => client.clientAuthMethod === 'none' },
    enabledJWA: {
      idTokenSigningAlgValues: [...idTokenAlgs],
      requestObjectSigningAlgValues: [...requestObjectAlgs],
      clientAuthSigningAlgValues: [...assertionAlgs],
    },
    // The keys of clients are read by us (client-keys.ts), and there is nothing else to fetch.
    fetch: async () => {
      throw new Error('oidc-provider fetches nothing here')
    },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    ttl: {
      AuthorizationCode: lifetimes.authorizationCode,
      AccessToken: (_ctx, token) =>
        token.resourceServer?.accessTokenTTL ??
        (token.gty === 'implicit' ? lifetimes.frontChannelAccessToken : lifetimes.accessToken),
      ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? lifetimes.serviceAccessToken,
      IdToken: lifetimes.idToken,
      Interaction: lifetimes.interaction,
      RefreshToken: lifetimes.refreshToken,
      Grant: lifetimes.grant,
      // It ends with the login session to which it belongs.
      Session: () => secondsUntil(input.currentLogin()?.expiresAt) ?? lifetimes.session,
    },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true, assertClaimsParameter },
      requestObjects: { enabled: true, assertJwtClaimsAndHeader: checkRequestObject },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        // A client learns about its own tokens and those meant for it, never about those of other clients.
        allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId,
      },
      revocation: { enabled: true },
      userinfo: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => pages.confirmSignOut(ctx, form),
        postLogoutSuccessSource: (ctx) => pages.signedOut(ctx),
      },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: async () => true,
        defaultResource: async (ctx, _client, granted) => {
          // Without a service a program's token would be good for nothing.
          if (ctx.oidc.params?.['grant_type'] === 'client_credentials') {
            throw new errors.InvalidTarget('name the service with the parameter resource')
          }
          return granted
        },
        // Asked whenever a token is issued, so today's configuration decides about grants of yesterday as well.
        getResourceServerInfo: async (ctx, resource, client) => {
          if (!products.get(client.clientId)?.resources.has(resource)) {
            throw new errors.InvalidTarget('this client may not request tokens for the resource')
          }
          checkProgramScope(ctx)
          checkThatNoAddressCarriesIt(ctx)
          return {
            scope: serviceScope,
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: lifetimes.serviceAccessToken,
            jwt: { sign: { alg: serviceTokenAlg } },
          }
        },
      },
    },
    interactions: {
      policy: createInteractionPolicy(),
      // One path, and so one cookie, for each attempt, so that parallel tabs do not interfere.
      url: (_ctx, interaction) => `${basePathOf(input.issuer)}/interaction/${interaction.uid}`,
    },
    findAccount: async (ctx, id) => {
      await input.turns.pause()
      const user = await users.find(id)
      // Checked at every grant: a deactivated user gets nothing more, whatever token is presented.
      if (!user?.active || storedUsernameProblem(user.username) !== undefined) return undefined
      recordOf(ctx.req).user = user.username
      const needsEmailVerified = products.get(ctx.oidc?.client?.clientId ?? '')?.needsEmailVerified ?? false
      return {
        accountId: user.id,
        claims: async () => claimsOf(user, await users.teams(user.id), { needsEmailVerified }),
      }
    },
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc
      if (!client || !session?.accountId) return undefined
      const grantId = ctx.oidc.result?.consent?.grantId ?? session.grantIdFor(client.clientId)
      const existing = grantId ? await ctx.oidc.provider.Grant.find(grantId) : undefined
      if (products.get(client.clientId)?.asksConsent !== false) return existing
      return grantFor(ctx, existing)
    },
    extraTokenClaims: async (_ctx, token) => {
      // Only a JWT carries them; an opaque token is looked up, with the claims at that time.
      if (!('accountId' in token) || !token.accountId || token.resourceServer === undefined) return undefined
      const user = await users.find(token.accountId)
      if (!user) return undefined
      const bound = 'expiresWithSession' in token && token.expiresWithSession && token.sessionUid
      const { preferred_username, email, email_verified, name, groups } = claimsOf(user, await users.teams(user.id))
      const grant = 'grantId' in token && token.grantId ? { [grantClaim]: token.grantId } : {}
      return {
        preferred_username,
        email,
        email_verified,
        name,
        groups,
        ...grant,
        ...(bound ? { sid: token.sessionUid } : {}),
      }
    },
    renderError: (ctx, _out, error) => pages.error(ctx, error),
  }

  function secondsUntil(time: number | undefined): number | undefined {
    return time === undefined ? undefined : Math.max(1, Math.floor((time - input.clock.now()) / 1000))
  }

  /** Our own products need no consent: the grant covers what they request now. */
  async function grantFor(ctx: KoaContextWithOIDC, existing: InstanceType<typeof ctx.oidc.provider.Grant> | undefined) {
    const { client, session, provider } = ctx.oidc
    const grant =
      existing ?? new provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' })
    // Only scopes that exist: what else a product asks for must not become the scope of a token.
    const asked = [...ctx.oidc.requestParamOIDCScopes].join(' ')
    const granted = new Set(grant.getOIDCScope().split(' '))
    const resources = Object.keys(ctx.oidc.resourceServers ?? {})
    const claims = [...ctx.oidc.requestParamClaims]
    const grantedClaims = new Set(grant.getOIDCClaims())
    const covered =
      [...ctx.oidc.requestParamOIDCScopes].every((scope) => granted.has(scope)) &&
      claims.every((claim) => grantedClaims.has(claim)) &&
      resources.every((resource) => grant.getResourceScope(resource) !== '')
    if (existing && covered) return existing
    grant.addOIDCScope(asked)
    grant.addOIDCClaims(claims)
    for (const resource of resources) grant.addResourceScope(resource, serviceScope)
    await grant.save()
    return grant
  }
}

/** What products learn about a user. `groups` are the teams. What nobody has said is absent, but to products that refuse people without it. */
export function claimsOf(
  user: User,
  teams: readonly string[],
  { needsEmailVerified = false }: { needsEmailVerified?: boolean } = {},
) {
  const { emailVerified = needsEmailVerified ? false : undefined } = user
  return {
    sub: user.id,
    preferred_username: user.username,
    name: user.name ?? user.username,
    ...partsOf(user),
    email: user.email,
    email_verified: user.email === undefined ? undefined : emailVerified,
    groups: [...teams],
  }
}

/**
 * The parts that the provider sent, as they came: in Japan the family name stands first, in Spain there are two. Only a name that came as a
 * whole is cut, at its first blank: products such as Superset show nobody without a first name.
 */
function partsOf({ name, username, givenName, familyName }: User) {
  if (givenName !== undefined || familyName !== undefined) return { given_name: givenName, family_name: familyName }
  const [given, ...family] = (name ?? username).split(/\s+/)
  return { given_name: given, family_name: family.join(' ') || undefined }
}
