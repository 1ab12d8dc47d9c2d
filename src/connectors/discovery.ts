import * as oidc from 'openid-client'
import type { Clock } from '../clock.ts'
import { innerAddress, innerDiscoveryUrl, publicAddress } from '../config/inner-address.ts'
import { AppError } from '../errors.ts'
import { discoveryUrlOf, isSameProvider, isTemplateOf, isTenantTemplate } from '../issuer-text.ts'
import type { Fetch } from '../outgoing.ts'
import { checkEndpoints } from './endpoints.ts'
import { explainOidcError } from './oidc-errors.ts'
import { type EndpointName, readingAnswers } from './provider-answers.ts'
import { createProviderKeys, type ProviderKeys } from './provider-keys.ts'

export interface DiscoveryOptions {
  issuer: string
  /** Where the provider is called instead; browsers go to the public address all the same. */
  internalUrl?: string | undefined
  clientId: string
  clientSecret: string
  clientAuthenticationMethod: 'client_secret_basic' | 'client_secret_post'
  /** Tenants whose people may come: with some, the issuer may be the one that stands for many. */
  tenants?: readonly string[] | undefined
  /** Seconds by which clocks may differ. */
  clockTolerance: number
  fetch: Fetch
  clock: Clock
}

export interface DiscoveredProvider {
  /** What its discovery document says, kept for a while; one request at a time. Throws AppError. */
  configuration: () => Promise<oidc.Configuration>
  /** How the client authenticates there. */
  authentication: oidc.ClientAuth
  /** Checks the signature of an ID token. Throws AppError. */
  verify: (token: string) => Promise<void>
}

// A provider that was down a moment ago may be back: ask again, but not on every page view.
const retryAfter = 5_000
const refreshAfter = 10 * 60_000

/** A provider by its issuer. A failure to reach it is remembered for a few seconds. */
export function discoverProvider(options: DiscoveryOptions): DiscoveredProvider {
  const endpoints = new Map<string, EndpointName>()
  const fetch = readingAnswers({
    fetch: options.fetch,
    endpointAt: (address) => endpoints.get(address) ?? 'discovery document',
    verify: (signed) => verify(signed),
  })
  const authentication = authenticationOf(options)
  const keys: ProviderKeys = createProviderKeys({ fetch, clock: options.clock })
  let current: Promise<oidc.Configuration> | undefined
  let askAgainAt = 0

  return { configuration, verify, authentication }

  function configuration(): Promise<oidc.Configuration> {
    if (current && options.clock.now() < askAgainAt) return current
    askAgainAt = options.clock.now() + refreshAfter
    current = discover(options, authentication, fetch).then((found) => {
      nameEndpoints(found.serverMetadata())
      return found
    })
    current.catch(() => {
      askAgainAt = options.clock.now() + retryAfter
    })
    return current
  }

  async function verify(token: string): Promise<void> {
    const { jwks_uri: uri } = (await configuration()).serverMetadata()
    if (uri === undefined) {
      const problem = 'names no jwks_uri, so that no signature can be checked'
      throw new AppError('provider-answer-unusable', { address: discoveryUrlOf(options.issuer), problem })
    }
    await keys.verify(token, uri)
  }

  function nameEndpoints({ token_endpoint, userinfo_endpoint, jwks_uri }: oidc.ServerMetadata): void {
    const named = { 'token endpoint': token_endpoint, 'userinfo endpoint': userinfo_endpoint, keys: jwks_uri } as const
    for (const [name, address] of Object.entries(named)) {
      const { href } = URL.parse(address ?? '') ?? {}
      if (href !== undefined) endpoints.set(href, name as EndpointName)
    }
  }
}

/** What servers call is inner, where browsers go is public, whichever of the two the document at the inner address says. */
function placed(metadata: oidc.ServerMetadata, { issuer, internalUrl }: DiscoveryOptions): oidc.ServerMetadata {
  if (internalUrl === undefined) return metadata
  const addresses = { issuer, internalUrl }
  const called = (['token_endpoint', 'userinfo_endpoint', 'jwks_uri'] as const).flatMap((name) => {
    const address = metadata[name]
    return address === undefined ? [] : [[name, innerAddress(address, addresses) ?? address]]
  })
  const opened = (['authorization_endpoint', 'end_session_endpoint'] as const).flatMap((name) => {
    const address = metadata[name]
    return address === undefined ? [] : [[name, publicAddress(address, addresses) ?? address]]
  })
  return { ...metadata, ...Object.fromEntries([...called, ...opened]) }
}

function authenticationOf({ clientAuthenticationMethod: method, clientSecret }: DiscoveryOptions): oidc.ClientAuth {
  return method === 'client_secret_post' ? oidc.ClientSecretPost(clientSecret) : oidc.ClientSecretBasic(clientSecret)
}

async function discover(
  options: DiscoveryOptions,
  authentication: oidc.ClientAuth,
  fetch: Fetch,
): Promise<oidc.Configuration> {
  const { issuer, internalUrl, clientId } = options
  const called = internalUrl === undefined ? discoveryUrlOf(issuer) : innerDiscoveryUrl({ issuer, internalUrl })
  const isPlain = called.startsWith('http:')
  try {
    const configuration = await oidc.discovery(
      // The address of the document, so that issuers are compared here: the library would believe any that Entra publishes.
      new URL(called),
      clientId,
      { [oidc.clockTolerance]: options.clockTolerance },
      authentication,
      {
        [oidc.customFetch]: fetch as oidc.CustomFetch,
        execute: isPlain ? [oidc.allowInsecureRequests] : [],
      },
    )
    checkIssuer(options, configuration.serverMetadata().issuer)
    checkEndpoints(configuration.serverMetadata(), internalUrl ?? issuer)
    if (internalUrl === undefined) return configuration
    const metadata = { ...configuration.clientMetadata(), [oidc.clockTolerance]: options.clockTolerance }
    const inner = new oidc.Configuration(
      placed(configuration.serverMetadata(), options),
      clientId,
      metadata,
      authentication,
    )
    inner[oidc.customFetch] = fetch as oidc.CustomFetch
    if (isPlain) oidc.allowInsecureRequests(inner)
    return inner
  } catch (error) {
    throw explainOidcError(error, options)
  }
}

/**
 * Discovery 1.0 section 4.3, but for a slash at the end: with it or without, the document is the same, and tokens are compared with what it
 * says. Throws `issuer-mismatch` or `tenant-not-named`.
 */
function checkIssuer(
  { issuer: configured, tenants = [] }: Pick<DiscoveryOptions, 'issuer' | 'tenants'>,
  published: string,
): void {
  if (isTenantTemplate(published)) {
    if (tenants.length > 0 && isTemplateOf(published, configured)) return
    throw new AppError('tenant-not-named', { configured, published })
  }
  if (!isSameProvider(configured, published)) throw new AppError('issuer-mismatch', { configured, published })
}
