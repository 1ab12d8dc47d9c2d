import { decodeJwt } from 'jose'
import * as oidc from 'openid-client'
import { contextOfClaims } from '../authentication-context.ts'
import type { Clock } from '../clock.ts'
import type { ClientAuthenticationMethod } from '../config/authentication-class.ts'
import { AppError } from '../errors.ts'
import { isTenantTemplate } from '../issuer-text.ts'
import { withoutPrototype } from '../maps.ts'
import type { Fetch } from '../outgoing.ts'
import type { Vendor } from '../vendors/contract.ts'
import { type Admission, admit } from './admission.ts'
import { askedParameters } from './asked-parameters.ts'
import { callbackParameters, tokenParameters } from './callback-parameters.ts'
import type { ClientKey, ClientProof } from './client-authentication.ts'
import type { LoginChecks, RedirectConnector, UpstreamIdentity } from './contract.ts'
import { discoverProvider } from './discovery.ts'
import { graphGroups } from './graph-groups.ts'
import { type GroupsClaims, hasClaim, isOverage, receivedGroups } from './groups.ts'
import { checkIdToken } from './id-token.ts'
import { checkIdTokenClaims } from './id-token-claims.ts'
import { explainOidcError } from './oidc-errors.ts'
import { codeOfRefusal, wordsOf } from './provider-answers.ts'
import { type Claims, statedIdentity } from './stated-identity.ts'
import { issuerOfClaims, redeemUnread } from './tenants.ts'

export interface OidcConnectorOptions {
  name: string
  issuer: string
  /** Where the provider is called instead of its issuer. */
  internalUrl?: string | undefined
  clientId: string
  clientSecret: string
  clientAuthenticationMethod: ClientAuthenticationMethod
  /** For `private_key_jwt`. */
  clientKey?: ClientKey | undefined
  assertionAudience?: ClientProof['assertionAudience']
  scopes: readonly string[]
  principalClaim: string
  groupsClaims: GroupsClaims
  /** Tenants whose people may come where the issuer stands for many, `*` for all; see issuer-text.ts. */
  tenants?: readonly string[] | undefined
  /** What of the groups is taken, and what is written before each; see `groupsFilter` of a class. */
  takesGroup?: ((group: string) => boolean) | undefined
  groupsPrefix?: string | undefined
  /** See `Vendor.groups.singleAsText`. */
  textIsOneGroup?: boolean | undefined
  /** It sends too many groups not at all, and Microsoft Graph has them. */
  groupsAtGraph?: boolean | undefined
  /** More for the authorization endpoint, below what is asked for. */
  authUrlParams?: Readonly<Record<string, string>> | undefined
  /** Seconds by which clocks may differ. RFC 7519 section 4.1.4 allows "a few minutes"; one when absent. */
  clockTolerance?: number | undefined
  /** The tokens come with the browser, and not for a code; undefined: for a code. */
  responseType?: string | undefined
  /** See `Vendor.signOut`. */
  signOut?: Vendor['signOut']
  /** See `Vendor.explains`. */
  explains?: Vendor['explains']
  /** Who may sign in at all; everyone when absent. */
  admission?: Admission
  /** The lasting key of the person, where that is not the subject; see `Vendor.personIn`. */
  personIn?: Vendor['personIn']
  /** See `Vendor.emailVerifiedClaim`. */
  emailVerifiedClaim?: string | undefined
  /** Whether a verified address still belongs to the person, where the vendor says so; see `Vendor.ownsAddress`. */
  ownsAddress?: Vendor['ownsAddress']
  /** How to call the provider. */
  fetch: Fetch
  /** The calls show a certificate. */
  usesClientCertificate?: boolean
  clock: Clock
}

// Clocks of honest machines differ by seconds.
const usualTolerance = 60

/** Any OpenID Connect provider, by the authorization code flow with PKCE, state and nonce. */
export function createOidcConnector(options: OidcConnectorOptions): RedirectConnector {
  const { clockTolerance = usualTolerance } = options
  const { configuration, verify, authentication, look, broken } = discoverProvider({ ...options, clockTolerance })
  const taken = takenGroups(options)

  return {
    kind: 'redirect',
    name: options.name,
    issuer: options.issuer,
    answersInForm: options.responseType !== undefined,
    signOutOrigins: [new URL(options.issuer).origin, ...(options.signOut?.origins ?? [])],
    look,
    broken,

    authorizationUrl: async ({ redirectUri, checks, ...asked }) => {
      const config = await configuration()
      const { prompt_values_supported: prompts } = config.serverMetadata()
      return oidc.buildAuthorizationUrl(config, {
        ...options.authUrlParams,
        redirect_uri: redirectUri,
        scope: options.scopes.join(' '),
        state: checks.state,
        nonce: checks.nonce,
        ...(await flowParameters(config, checks)),
        ...askedParameters(asked, Array.isArray(prompts) ? prompts.map(String) : undefined),
      })
    },

    identify: async ({ callbackUrl, redirectUri, checks }) => {
      const config = await configuration()
      try {
        const tokens = await (options.responseType === undefined ? redeem : readTokens)(config, {
          callbackUrl,
          redirectUri,
          checks,
        })
        const subject = checkIdToken(tokens.idToken, {
          clientId: options.clientId,
          accessToken: tokens.accessToken,
          // openid-client, which checks the other times, reads the same clock.
          now: Date.now() / 1000,
          tolerance: clockTolerance,
        })
        const claims = withoutPrototype<unknown>({ ...decodeJwt(tokens.idToken) })
        // Read before the claims of the userinfo endpoint, which nobody signs, are added.
        const authenticatedAt = authenticationTimeOf(claims)
        const context = contextOfClaims(claims)
        const signed = withoutPrototype<unknown>({ ...claims })
        const { issuer, userinfo_endpoint: userinfo } = config.serverMetadata()
        if (needsUserinfo(claims, options) && userinfo && tokens.accessToken !== undefined)
          addUserinfo(claims, await oidc.fetchUserInfo(config, tokens.accessToken, subject))
        const overage = await tooManyGroups(config, claims, tokens.accessToken)
        const identity = statedIdentity(claims, {
          ...options,
          issuer: isTenantTemplate(issuer) ? String(signed['iss']) : options.issuer,
          subject,
          person: options.personIn?.(signed),
        })
        const stated = overage ? { ...identity, ...overage } : identity
        // A limit of the class names groups as the provider does.
        if (options.admission) admit(stated, signed, options.admission)
        return {
          ...stated,
          groups: taken(stated.groups),
          ...context,
          idToken: tokens.idToken,
          authenticatedAt,
        }
      } catch (error) {
        throw explainOidcError(error, options)
      }
    },

    endSessionUrl: async ({ idToken, postLogoutRedirectUri, state }) => {
      try {
        const config = await configuration()
        const { end_session_endpoint: endpoint } = config.serverMetadata()
        if (!endpoint) return undefined
        const own = options.signOut?.parameters({ clientId: options.clientId, returnTo: postLogoutRedirectUri })
        if (own) return withParameters(endpoint, own)
        return oidc.buildEndSessionUrl(config, {
          post_logout_redirect_uri: postLogoutRedirectUri,
          state,
          ...(idToken === undefined ? {} : { id_token_hint: idToken }),
        })
      } catch {
        // The provider is down. The person asked to be signed out here, and is.
        return undefined
      }
    },
  }

  /** The groups of somebody who is in too many for a token. Undefined: nothing is to be asked for. */
  async function tooManyGroups(
    config: oidc.Configuration,
    claims: Claims,
    accessToken: string | undefined,
  ): Promise<Pick<UpstreamIdentity, 'groups' | 'received'> | undefined> {
    const { userinfo_endpoint: userinfoEndpoint } = config.serverMetadata()
    if (!options.groupsAtGraph || !isOverage(claims, options.groupsClaims)) return undefined
    const { claim, form } = receivedGroups(claims, options.groupsClaims)
    if (userinfoEndpoint === undefined || accessToken === undefined) return undefined
    const found = await graphGroups({ userinfoEndpoint, accessToken, fetch: options.fetch })
    if ('refused' in found)
      return { groups: [], received: { claim, form: `${form}, and Graph refuses: ${found.refused}` } }
    return { groups: found.ids, received: { claim, form: `${form}, so from Graph` } }
  }

  async function flowParameters(
    config: oidc.Configuration,
    { codeVerifier }: LoginChecks,
  ): Promise<Record<string, string>> {
    const { responseType } = options
    if (responseType !== undefined) {
      const { response_modes_supported: modes } = config.serverMetadata()
      // In a fragment a token is seen by every script of the page, and needs one to be read.
      const takesForm = Array.isArray(modes) && modes.includes('form_post')
      return { response_type: responseType, ...(takesForm ? { response_mode: 'form_post' } : {}) }
    }
    return { code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier), code_challenge_method: 'S256' }
  }

  interface Answered {
    callbackUrl: URL
    redirectUri: string
    checks: LoginChecks
  }

  /** The tokens that the browser has brought. Nobody but the signature says that they are of the provider, and only the nonce that they are for this attempt. */
  async function readTokens(
    config: oidc.Configuration,
    { callbackUrl, checks }: Answered,
  ): Promise<{ idToken: string; accessToken: string | undefined }> {
    const { issuer, authorization_response_iss_parameter_supported: namesIssuer = false } = config.serverMetadata()
    const answer = tokenParameters(callbackUrl, { issuer, namesIssuer, state: checks.state })
    if ('error' in answer) throw new AppError(codeOfRefusal(answer.error), wordsOf({ ...answer }))
    await verify(answer.idToken)
    checkClaims(answer.idToken, issuer, checks.nonce)
    // Core 3.2.2.9: without its hash nobody knows for whom the access token was issued.
    const isBound = typeof decodeJwt(answer.idToken)['at_hash'] === 'string'
    return isBound ? answer : { idToken: answer.idToken, accessToken: undefined }
  }

  function checkClaims(idToken: string, issuer: string, nonce: string): void {
    checkIdTokenClaims(idToken, {
      issuerFor: (claims) =>
        isTenantTemplate(issuer)
          ? issuerOfClaims(claims, { template: issuer, tenants: options.tenants ?? [] })
          : issuer,
      clientId: options.clientId,
      nonce,
      now: Date.now() / 1000,
      tolerance: clockTolerance,
    })
  }

  /** The tokens for a code. The ID token is signed by the provider, for this client and this attempt. */
  async function redeem(
    config: oidc.Configuration,
    { callbackUrl, redirectUri, checks: { state, nonce, codeVerifier } }: Answered,
  ): Promise<{ idToken: string; accessToken: string }> {
    // openid-client takes the redirect URI of the token request from this URL: ours, not the one that a proxy changed.
    const current = new URL(redirectUri)
    const { issuer, authorization_response_iss_parameter_supported: namesIssuer = false } = config.serverMetadata()
    current.search = String(callbackParameters(callbackUrl, { issuer, namesIssuer }))
    if (isTenantTemplate(issuer)) {
      const tokens = await redeemUnread(config, current, { state, codeVerifier }, authentication)
      await verify(tokens.idToken)
      checkClaims(tokens.idToken, issuer, nonce)
      return tokens
    }
    const tokens = await oidc.authorizationCodeGrant(config, current, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    })
    // The certificate of the token endpoint alone is not the provider (Core 1.0 section 3.1.3.7 would let it be).
    await verify(tokens.id_token ?? '')
    return { idToken: tokens.id_token ?? '', accessToken: tokens.access_token }
  }
}

function withParameters(address: string, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(address)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url
}

/** What of the groups of the provider is taken, under which name. */
function takenGroups({
  takesGroup = () => true,
  groupsPrefix = '',
}: Pick<OidcConnectorOptions, 'takesGroup' | 'groupsPrefix'>): (groups: readonly string[]) => string[] {
  return (groups) => groups.filter(takesGroup).map((group) => groupsPrefix + group)
}

/** What the ID token says counts; and whether an e-mail is verified is said by whoever says the e-mail. */
function addUserinfo(claims: Claims, userinfo: Claims): void {
  const { email, email_verified: emailVerified } = userinfo
  if (claims['email'] == null) claims['email_verified'] = emailVerified
  else if (claims['email'] === email) claims['email_verified'] ??= emailVerified
  for (const [claim, value] of Object.entries(userinfo)) if (claim !== 'email_verified') claims[claim] ??= value
}

function needsUserinfo(
  claims: Claims,
  { principalClaim, groupsClaims }: Pick<OidcConnectorOptions, 'principalClaim' | 'groupsClaims'>,
): boolean {
  return (
    (!hasClaim(claims, groupsClaims) && !isOverage(claims, groupsClaims)) ||
    [principalClaim, 'email', 'name'].some((claim) => claims[claim] === undefined)
  )
}

/** `auth_time` in milliseconds. What is not a number is as old as can be: the provider says something, and nobody knows what. */
function authenticationTimeOf(claims: Claims): number | undefined {
  const seconds = claims['auth_time']
  if (seconds === undefined) return undefined
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0
}
