import * as oidc from 'openid-client'
import { contextOfClaims } from '../authentication-context.ts'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { withoutPrototype } from '../maps.ts'
import type { Fetch } from '../outgoing.ts'
import { readEmail } from '../username.ts'
import type { Vendor } from '../vendors/contract.ts'
import { askedParameters } from './asked-parameters.ts'
import { callbackParameters } from './callback-parameters.ts'
import type { RedirectConnector, UpstreamIdentity } from './contract.ts'
import { checkEndpoints } from './endpoints.ts'
import { groupsOf, hasClaim } from './groups.ts'
import { checkIdToken } from './id-token.ts'
import { explainOidcError } from './oidc-errors.ts'

export interface OidcConnectorOptions {
  name: string
  issuer: string
  clientId: string
  clientSecret: string
  clientAuthenticationMethod: 'client_secret_basic' | 'client_secret_post'
  scopes: readonly string[]
  principalClaim: string
  groupsClaim: string
  /** Whether a verified address still belongs to the person, where the vendor says so; see `Vendor.ownsAddress`. */
  ownsAddress?: Vendor['ownsAddress']
  /** How to call the provider. */
  fetch: Fetch
  clock: Clock
}

// Clocks of honest machines differ by seconds; RFC 7519 section 4.1.4 allows "a few minutes", we allow one.
const clockToleranceSeconds = 60
// A provider that was down a moment ago may be back: ask again, but not on every page view.
const retryAfter = 5_000
const refreshAfter = 10 * 60_000

/** Any OpenID Connect provider, by the authorization code flow with PKCE, state and nonce. */
export function createOidcConnector(options: OidcConnectorOptions): RedirectConnector {
  const configuration = discoverer(options)

  return {
    kind: 'redirect',
    name: options.name,
    signOutOrigins: [new URL(options.issuer).origin],

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
        const tokens = await oidc.authorizationCodeGrant(config, current, {
          expectedState: checks.state,
          expectedNonce: checks.nonce,
          pkceCodeVerifier: checks.codeVerifier,
          idTokenExpected: true,
        })
        const subject = checkIdToken(tokens.id_token ?? '', {
          issuer: options.issuer,
          clientId: options.clientId,
          accessToken: tokens.access_token,
          // openid-client, which checks the other times, reads the same clock.
          now: Date.now() / 1000,
          tolerance: clockToleranceSeconds,
        })
        const claims = withoutPrototype<unknown>({ ...tokens.claims() })
        // Read before the claims of the userinfo endpoint, which nobody signs, are added.
        const authenticatedAt = authenticationTimeOf(claims)
        const context = contextOfClaims(claims)
        if (needsUserinfo(claims, options) && config.serverMetadata().userinfo_endpoint)
          addUserinfo(claims, await oidc.fetchUserInfo(config, tokens.access_token, subject))
        return { ...toIdentity(claims, { ...options, subject }), ...context, idToken: tokens.id_token, authenticatedAt }
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
}

/** The discovery document, kept for a while; one request at a time, and a failure is remembered for a few seconds. */
function discoverer(options: OidcConnectorOptions): () => Promise<oidc.Configuration> {
  let current: Promise<oidc.Configuration> | undefined
  let askAgainAt = 0
  return () => {
    if (current && options.clock.now() < askAgainAt) return current
    askAgainAt = options.clock.now() + refreshAfter
    current = discover(options)
    current.catch(() => {
      askAgainAt = options.clock.now() + retryAfter
    })
    return current
  }
}

async function discover(options: OidcConnectorOptions): Promise<oidc.Configuration> {
  const authentication =
    options.clientAuthenticationMethod === 'client_secret_post'
      ? oidc.ClientSecretPost(options.clientSecret)
      : oidc.ClientSecretBasic(options.clientSecret)
  const http = options.issuer.startsWith('http:')
  try {
    const configuration = await oidc.discovery(
      new URL(options.issuer),
      options.clientId,
      { [oidc.clockTolerance]: clockToleranceSeconds },
      authentication,
      {
        [oidc.customFetch]: options.fetch as oidc.CustomFetch,
        // Signatures are verified although TLS to the token endpoint would do (Core 3.1.3.7): the certificate alone is not the provider.
        execute: [oidc.enableNonRepudiationChecks, ...(http ? [oidc.allowInsecureRequests] : [])],
      },
    )
    checkEndpoints(configuration.serverMetadata(), options.issuer)
    return configuration
  } catch (error) {
    throw explainOidcError(error, options)
  }
}

type Claims = Record<string, unknown>

/** What the ID token says counts; and whether an e-mail is verified is said by whoever says the e-mail. */
function addUserinfo(claims: Claims, userinfo: Claims): void {
  const { email, email_verified: emailVerified } = userinfo
  if (claims['email'] == null) claims['email_verified'] = emailVerified
  else if (claims['email'] === email) claims['email_verified'] ??= emailVerified
  for (const [claim, value] of Object.entries(userinfo)) if (claim !== 'email_verified') claims[claim] ??= value
}

function needsUserinfo(
  claims: Claims,
  { principalClaim, groupsClaim }: Pick<OidcConnectorOptions, 'principalClaim' | 'groupsClaim'>,
): boolean {
  return (
    !hasClaim(claims, groupsClaim) || [principalClaim, 'email', 'name'].some((claim) => claims[claim] === undefined)
  )
}

function toIdentity(
  claims: Claims,
  {
    issuer,
    principalClaim,
    groupsClaim,
    ownsAddress = () => true,
    subject,
  }: Pick<OidcConnectorOptions, 'issuer' | 'principalClaim' | 'groupsClaim' | 'ownsAddress'> & { subject: string },
): UpstreamIdentity {
  const principal = claims[principalClaim]
  if (typeof principal !== 'string' || principal === '') {
    throw new AppError('principal-claim-missing', {
      principalClaim,
      claimsReceived: Object.keys(claims).sort().join(' '),
    })
  }
  const email = text(claims['email'])
  const domain = readEmail(email ?? '')?.domain
  return {
    key: { issuer, subject },
    principal,
    email,
    emailVerified: claims['email_verified'] === true && domain !== undefined && ownsAddress(domain, claims),
    name: text(claims['name']),
    groups: groupsOf(claims, groupsClaim),
  }
}

/** `auth_time` in milliseconds. What is not a number is as old as can be: the provider says something, and nobody knows what. */
function authenticationTimeOf(claims: Claims): number | undefined {
  const seconds = claims['auth_time']
  if (seconds === undefined) return undefined
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 500) : undefined
}
