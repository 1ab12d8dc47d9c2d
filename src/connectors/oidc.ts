import * as oidc from 'openid-client'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Fetch } from '../outgoing.ts'
import type { Connector, Identity } from './contract.ts'

export interface OidcConnectorOptions {
  name: string
  issuer: string
  clientId: string
  clientSecret: string
  clientAuthenticationMethod: 'client_secret_basic' | 'client_secret_post'
  scopes: readonly string[]
  principalClaim: string
  /** How the provider is called. */
  fetch: Fetch
}

// Clocks of honest machines differ by seconds; RFC 7519 section 4.1.4 allows "a few minutes", we allow one.
const clockToleranceSeconds = 60
// A provider that was down a moment ago may be back: ask again, but not on every page view.
const retryAfter = 5_000
const refreshAfter = 10 * 60_000

/** Any OpenID Connect provider, by the authorization code flow with PKCE, state and nonce. */
export function createOidcConnector(options: OidcConnectorOptions): Connector {
  const configuration = discoverer(options)

  return {
    name: options.name,
    issuer: options.issuer,

    authorizationUrl: async ({ redirectUri, checks, fresh }) =>
      oidc.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: options.scopes.join(' '),
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(checks.codeVerifier),
        code_challenge_method: 'S256',
        ...(fresh ? { prompt: 'login', max_age: '0' } : {}),
      }),

    identify: async ({ callbackUrl, redirectUri, checks }) => {
      const config = await configuration()
      // openid-client takes the redirect URI of the token request from this URL: ours, not what a proxy made of it.
      const current = new URL(redirectUri)
      current.search = callbackUrl.search
      try {
        const tokens = await oidc.authorizationCodeGrant(config, current, {
          expectedState: checks.state,
          expectedNonce: checks.nonce,
          pkceCodeVerifier: checks.codeVerifier,
          idTokenExpected: true,
        })
        const claims = { ...tokens.claims() }
        const subject = String(claims['sub'])
        if (needsUserinfo(claims, options.principalClaim) && config.serverMetadata().userinfo_endpoint) {
          const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, subject)
          for (const [claim, value] of Object.entries(userinfo)) claims[claim] ??= value as never
        }
        return toIdentity(claims, { ...options, subject, idToken: tokens.id_token })
      } catch (error) {
        throw explain(error, options)
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
    if (current && Date.now() < askAgainAt) return current
    askAgainAt = Date.now() + refreshAfter
    current = discover(options)
    current.catch(() => {
      askAgainAt = Date.now() + retryAfter
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
    return await oidc.discovery(
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
  } catch (error) {
    throw explain(error, options)
  }
}

type Claims = Record<string, unknown>

function needsUserinfo(claims: Claims, principalClaim: string): boolean {
  return [principalClaim, 'email', 'groups', 'name'].some((claim) => claims[claim] === undefined)
}

function toIdentity(
  claims: Claims,
  {
    issuer,
    principalClaim,
    subject,
    idToken,
  }: { issuer: string; principalClaim: string; subject: string; idToken: string | undefined },
): Identity {
  const principal = claims[principalClaim]
  if (typeof principal !== 'string' || principal === '') {
    throw new AppError('principal-claim-missing', {
      principalClaim,
      claimsReceived: Object.keys(claims).sort().join(' '),
    })
  }
  const groups = claims['groups']
  return {
    issuer,
    subject,
    principal,
    email: text(claims['email']),
    emailVerified: claims['email_verified'] === true,
    name: text(claims['name']),
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
    idToken,
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 500) : undefined
}

const certificateCodes: Readonly<Record<string, ErrorCode>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-hostname-mismatch',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-untrusted',
}

/** openid-client's error as a row of our table; the original stays the cause. */
function explain(error: unknown, { issuer, clientId }: { issuer: string; clientId: string }): Error {
  if (error instanceof AppError) return error
  const details = { issuer, clientId }
  if (error instanceof oidc.AuthorizationResponseError) {
    const description = text(error.error_description)
    const extra = { error: error.error, ...(description ? { description } : {}) }
    return new AppError('provider-refused', { ...details, ...extra }, { cause: error })
  }
  if (error instanceof oidc.ResponseBodyError) {
    const code =
      error.error === 'invalid_client' || error.error === 'unauthorized_client'
        ? 'client-credentials-rejected'
        : 'provider-refused'
    const description = text(error.error_description)
    return new AppError(
      code,
      { ...details, error: error.error, ...(description ? { description } : {}) },
      { cause: error },
    )
  }
  const causes = causesOf(error)
  for (const cause of causes) {
    const code = certificateCodes[cause.code ?? '']
    if (code) return new AppError(code, details, { cause: error })
  }
  for (const cause of causes) {
    if (cause.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' || cause.code === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED') {
      const { attribute, claim, expected, body, claims } = (cause.cause ?? {}) as Record<string, unknown>
      const field = String(attribute ?? claim ?? '')
      const actual = ((body ?? claims ?? {}) as Record<string, unknown>)[field]
      if (field === 'issuer' || field === 'iss') {
        return new AppError('issuer-mismatch', { configured: issuer, published: String(actual) }, { cause: error })
      }
      return new AppError(
        'id-token-invalid',
        { ...details, claim: field, expected: String(expected) },
        { cause: error },
      )
    }
    if (cause.code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') return new AppError('clock-skew', details, { cause: error })
    if (cause.code === 'OAUTH_INVALID_RESPONSE' || cause.code === 'OAUTH_DECRYPTION_FAILED') {
      // With `iss` in the authorization response (RFC 9207) a mix-up ends here.
      const iss = /"iss"|issuer/.test(cause.message)
      return new AppError(
        iss ? 'issuer-mismatch' : 'id-token-invalid',
        { ...details, check: cause.message },
        { cause: error },
      )
    }
    if (cause.code?.startsWith('OAUTH_RESPONSE_IS_NOT')) {
      return new AppError('provider-unreachable', { ...details, check: cause.message }, { cause: error })
    }
    if (cause.code?.startsWith('OAUTH_')) {
      return new AppError('id-token-invalid', { ...details, check: cause.message }, { cause: error })
    }
  }
  return new AppError('provider-unreachable', details, { cause: error })
}

type Cause = { message: string; code: string | undefined; cause: unknown }

function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = []
  for (let at = error; at instanceof Error && causes.length < 6; at = at.cause) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : undefined
    causes.push({ message: at.message, code, cause: at.cause })
  }
  return causes
}
