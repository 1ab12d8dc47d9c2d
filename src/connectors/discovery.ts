import * as oidc from 'openid-client'
import type { Clock } from '../clock.ts'
import { innerAddress, innerDiscoveryUrl, publicAddress } from '../config/inner-address.ts'
import { AppError, type IncidentCode } from '../errors.ts'
import { discoveryUrlOf, isSameProvider, isTemplateOf, isTenantTemplate } from '../issuer-text.ts'
import type { Fetch } from '../outgoing.ts'
import { createCircuit } from './circuit.ts'
import { type ClientProof, clientAuthenticationOf } from './client-authentication.ts'
import { checkEndpoints } from './endpoints.ts'
import { createKeptDocument, maxAgeOf } from './kept-document.ts'
import { explainOidcError } from './oidc-errors.ts'
import { type EndpointName, readingAnswers } from './provider-answers.ts'
import { createProviderKeys, type ProviderKeys } from './provider-keys.ts'

export interface DiscoveryOptions extends ClientProof {
  issuer: string
  /** Where the provider is called instead; browsers go to the public address all the same. */
  internalUrl?: string | undefined
  clientId: string
  /** Tenants whose people may come: with some, the issuer may be the one that stands for many. */
  tenants?: readonly string[] | undefined
  /** Seconds by which clocks may differ. */
  clockTolerance: number
  /** This server shows a certificate: a provider may have other endpoints for that (RFC 8705 section 5). */
  usesClientCertificate?: boolean | undefined
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
  /** Has document and keys at hand, asking for what is old. Throws AppError. */
  look: (signal: AbortSignal) => Promise<void>
  /** Why calls are refused without being made: the code of the last failure, after several in a row. */
  broken: () => IncidentCode | undefined
}

const minute = 60_000
const hour = 60 * minute
/** A provider that was down a moment ago may be back: it is asked again, but not on every page view. */
const times = { usual: 10 * minute, least: minute, most: hour, stale: 24 * hour, failure: 5_000, patience: 2_000 }

/** A provider by its issuer. What it says is kept for a while, and while it is away for a day; a failure to reach it for a few seconds. */
export function discoverProvider(options: DiscoveryOptions): DiscoveredProvider {
  const endpoints = new Map<string, EndpointName>()
  const endpointAt = (address: string) => endpoints.get(address) ?? 'discovery document'
  const circuit = createCircuit({ clock: options.clock })
  const verify = async (token: string) => keys.verify(token, await keysAddress())
  const ask = readingAnswers({ fetch: options.fetch, endpointAt, verify: (signed) => verify(signed) })
  let stopping: AbortSignal | undefined
  const guarded: Fetch = (url, init) => {
    const endpoint = endpointAt(new URL(url).href)
    // The document has a memory of its own for failures, and whoever chooses the way in may ask again.
    if (endpoint === 'discovery document') return ask(url, until(stopping, init))
    return circuit.call(endpoint, () => ask(url, endpoint === 'keys' ? until(stopping, init) : init))
  }
  const authentication = clientAuthenticationOf(options)
  const keys: ProviderKeys = createProviderKeys({ fetch: guarded, clock: options.clock })
  const document = createKeptDocument({ load, times, clock: options.clock })
  const configuration = document.get

  return {
    configuration,
    authentication,
    verify,
    look: async (signal) => {
      stopping = signal
      try {
        await keys.look(await keysAddress())
      } catch (error) {
        // Nobody has waited for it: the next person who presses the button asks the provider.
        document.forgetFailure()
        throw error
      }
    },
    broken: circuit.broken,
  }

  async function load() {
    let maxAge: number | undefined
    const noting: Fetch = async (url, init) => {
      const answer = await guarded(url, init)
      maxAge = maxAgeOf(answer.headers)
      return answer
    }
    const found = await discover(options, authentication, noting)
    // Only the document is read by it: what it noted is what that says.
    const kept = maxAge
    found[oidc.customFetch] = guarded as oidc.CustomFetch
    nameEndpoints(found.serverMetadata())
    return { value: found, maxAge: kept }
  }

  async function keysAddress(): Promise<string> {
    const { jwks_uri: uri } = (await configuration()).serverMetadata()
    if (uri !== undefined) return uri
    const problem = 'names no jwks_uri, so that no signature can be checked'
    throw new AppError('provider-answer-unusable', { address: discoveryUrlOf(options.issuer), problem })
  }

  function nameEndpoints(metadata: oidc.ServerMetadata): void {
    const { token_endpoint, userinfo_endpoint, jwks_uri, mtls_endpoint_aliases: aliases } = metadata
    const named: [EndpointName, string | undefined][] = [
      ['token endpoint', token_endpoint],
      ['token endpoint', aliases?.token_endpoint],
      ['userinfo endpoint', userinfo_endpoint],
      ['userinfo endpoint', aliases?.userinfo_endpoint],
      ['keys', jwks_uri],
    ]
    for (const [name, address] of named) {
      const { href } = URL.parse(address ?? '') ?? {}
      if (href !== undefined) endpoints.set(href, name)
    }
  }
}

function until(signal: AbortSignal | undefined, init: RequestInit = {}): RequestInit {
  if (signal === undefined) return init
  return { ...init, signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal }
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
      {
        [oidc.clockTolerance]: options.clockTolerance,
        use_mtls_endpoint_aliases: options.usesClientCertificate === true,
      },
      authentication,
      {
        [oidc.customFetch]: fetch as oidc.CustomFetch,
        execute: isPlain ? [oidc.allowInsecureRequests] : [],
      },
    )
    checkIssuer(options, configuration.serverMetadata().issuer)
    checkEndpoints(configuration.serverMetadata(), internalUrl ?? issuer)
    if (options.usesClientCertificate)
      checkEndpoints(configuration.serverMetadata().mtls_endpoint_aliases ?? {}, internalUrl ?? issuer)
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
