import { decodeJwt } from 'jose'
import * as oidc from 'openid-client'
import { contextOfClaims } from '../authentication-context.ts'
import type { Clock } from '../clock.ts'
import { isTenantTemplate } from '../issuer-text.ts'
import { withoutPrototype } from '../maps.ts'
import type { Fetch } from '../outgoing.ts'
import type { Vendor } from '../vendors/contract.ts'
import { type Admission, admit } from './admission.ts'
import { askedParameters } from './asked-parameters.ts'
import { callbackParameters } from './callback-parameters.ts'
import type { LoginChecks, RedirectConnector } from './contract.ts'
import { discoverProvider } from './discovery.ts'
import { type GroupsClaims, hasClaim } from './groups.ts'
import { checkIdToken } from './id-token.ts'
import { checkIdTokenClaims } from './id-token-claims.ts'
import { explainOidcError } from './oidc-errors.ts'
import { type Claims, statedIdentity } from './stated-identity.ts'
import { issuerOfClaims, redeemUnread } from './tenants.ts'

export interface OidcConnectorOptions {
  name: string
  issuer: string
  /** Where the provider is called instead of its issuer. */
  internalUrl?: string | undefined
  clientId: string
  clientSecret: string
  clientAuthenticationMethod: 'client_secret_basic' | 'client_secret_post'
  scopes: readonly string[]
  principalClaim: string
  groupsClaims: GroupsClaims
  /** Tenants whose people may come where the issuer stands for many, `*` for all; see issuer-text.ts. */
  tenants?: readonly string[] | undefined
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

// Clocks of honest machines differ by seconds; RFC 7519 section 4.1.4 allows "a few minutes", we allow one.
const clockToleranceSeconds = 60

/** Any OpenID Connect provider, by the authorization code flow with PKCE, state and nonce. */
export function createOidcConnector(options: OidcConnectorOptions): RedirectConnector {
  const { configuration, verify, authentication, look, broken } = discoverProvider({
    ...options,
    clockTolerance: clockToleranceSeconds,
  })

  return {
    kind: 'redirect',
    name: options.name,
    signOutOrigins: [new URL(options.issuer).origin],
    look,
    broken,

    authorizationUrl: async ({ redirectUri, checks, ...asked }) => {
      const config = await configuration()
      const { prompt_values_supported: prompts } = config.serverMetadata()
      return oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: options.scopes.join(' '),
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(checks.codeVerifier),
        code_challenge_method: 'S256',
        ...askedParameters(asked, Array.isArray(prompts) ? prompts.map(String) : undefined),
      })
    },

    identify: async ({ callbackUrl, redirectUri, checks }) => {
      const config = await configuration()
      // openid-client takes the redirect URI of the token request from this URL: ours, not the one that a proxy changed.
      const current = new URL(redirectUri)
      const { issuer, authorization_response_iss_parameter_supported: namesIssuer = false } = config.serverMetadata()
      current.search = String(callbackParameters(callbackUrl, { issuer, namesIssuer }))
      try {
        const tokens = await redeem(config, current, checks)
        const subject = checkIdToken(tokens.idToken, {
          clientId: options.clientId,
          accessToken: tokens.accessToken,
          // openid-client, which checks the other times, reads the same clock.
          now: Date.now() / 1000,
          tolerance: clockToleranceSeconds,
        })
        const claims = withoutPrototype<unknown>({ ...decodeJwt(tokens.idToken) })
        // Read before the claims of the userinfo endpoint, which nobody signs, are added.
        const authenticatedAt = authenticationTimeOf(claims)
        const context = contextOfClaims(claims)
        const signed = withoutPrototype<unknown>({ ...claims })
        if (needsUserinfo(claims, options) && config.serverMetadata().userinfo_endpoint)
          addUserinfo(claims, await oidc.fetchUserInfo(config, tokens.accessToken, subject))
        const identity = statedIdentity(claims, {
          ...options,
          issuer: isTenantTemplate(issuer) ? String(signed['iss']) : options.issuer,
          subject,
          person: options.personIn?.(signed),
        })
        if (options.admission) admit(identity, signed, options.admission)
        return {
          ...identity,
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
        if (!config.serverMetadata().end_session_endpoint) return undefined
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

  /** The tokens for a code. The ID token is signed by the provider, for this client and this attempt. */
  async function redeem(
    config: oidc.Configuration,
    current: URL,
    { state, nonce, codeVerifier }: LoginChecks,
  ): Promise<{ idToken: string; accessToken: string }> {
    const { issuer } = config.serverMetadata()
    if (isTenantTemplate(issuer)) {
      const tokens = await redeemUnread(config, current, { state, codeVerifier }, authentication)
      await verify(tokens.idToken)
      checkIdTokenClaims(tokens.idToken, {
        issuerFor: (claims) => issuerOfClaims(claims, { template: issuer, tenants: options.tenants ?? [] }),
        clientId: options.clientId,
        nonce,
        now: Date.now() / 1000,
        tolerance: clockToleranceSeconds,
      })
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
    !hasClaim(claims, groupsClaims) || [principalClaim, 'email', 'name'].some((claim) => claims[claim] === undefined)
  )
}

/** `auth_time` in milliseconds. What is not a number is as old as can be: the provider says something, and nobody knows what. */
function authenticationTimeOf(claims: Claims): number | undefined {
  const seconds = claims['auth_time']
  if (seconds === undefined) return undefined
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0
}
