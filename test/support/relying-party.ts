import * as oidc from 'openid-client'
import { filledIn, parseForms } from '../e2e/support/html-forms.ts'
import type { Page, ScriptedBrowser } from '../e2e/support/scripted-browser.ts'

/** A product under test conditions: an independent relying party whose redirect URI nobody answers. */
export interface RelyingParty {
  config: oidc.Configuration
  redirectUri: string
  /** A new authorization request and what its answer is checked against. */
  request(parameters?: Record<string, string>): Promise<AuthorizationRequest>
  redeem(callbackUrl: string, request: AuthorizationRequest): Promise<Tokens>
  /** One raw token request with this client's credentials. */
  token(parameters: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }>
  introspect(token: string): Promise<oidc.IntrospectionResponse>
}

export interface AuthorizationRequest {
  url: string
  state: string
  nonce: string
  codeVerifier: string
}

export type Tokens = Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>

export async function relyingParty({
  issuer,
  clientId,
  clientSecret,
  redirectUri,
}: {
  issuer: string
  clientId: string
  clientSecret: string
  redirectUri: string
}): Promise<RelyingParty> {
  const config = await oidc.discovery(new URL(issuer), clientId, {}, oidc.ClientSecretBasic(clientSecret), {
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
  })
  const { token_endpoint: tokenEndpoint = '' } = config.serverMetadata()

  return {
    config,
    redirectUri,
    request: async (parameters = {}) => {
      const state = oidc.randomState()
      const nonce = oidc.randomNonce()
      const codeVerifier = oidc.randomPKCECodeVerifier()
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile email groups',
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...parameters,
      })
      return { url: url.href, state, nonce, codeVerifier }
    },
    redeem: (callbackUrl, { state, nonce, codeVerifier }) =>
      oidc.authorizationCodeGrant(config, new URL(callbackUrl), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      }),
    token: async (parameters) => {
      const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':')
      const response = await fetch(tokenEndpoint, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
        body: new URLSearchParams(parameters),
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    introspect: (token) => oidc.tokenIntrospection(config, token),
  }
}

/** Walks until the browser is sent to the redirect URI, where nobody listens, and answers with that address. */
export async function walkToCallback(browser: ScriptedBrowser, page: Page, redirectUri: string): Promise<string> {
  let at = page
  for (let hops = 0; hops < 20; hops++) {
    const location = at.headers.get('location')
    if (location === null) throw new Error(`ended at ${at.url} with ${at.status}: ${at.body.slice(0, 2000)}`)
    const next = new URL(location, at.url)
    if (next.href.startsWith(redirectUri)) return next.href
    at = await browser.send(next.href)
  }
  throw new Error('too many hops')
}

/** Opens an address and follows redirects until there is a page, or the redirect URI is reached. */
export async function walk(
  browser: ScriptedBrowser,
  url: string,
  redirectUri: string,
): Promise<{ page: Page; callback?: string }> {
  let page = await browser.send(url)
  for (let hops = 0; hops < 20; hops++) {
    const location = page.headers.get('location')
    if (location === null) return { page }
    const next = new URL(location, page.url)
    if (next.href.startsWith(redirectUri)) return { page, callback: next.href }
    page = await browser.send(next.href)
  }
  throw new Error('too many hops')
}

/** Signs somebody in by the form of the sign-in page, if there is one, and comes back with the answer for the product. */
export async function authorize(
  browser: ScriptedBrowser,
  client: RelyingParty,
  { parameters = {}, ...person }: { username: string; password: string; parameters?: Record<string, string> },
): Promise<{ callback: string; request: AuthorizationRequest }> {
  const request = await client.request(parameters)
  const { page, callback } = await walk(browser, request.url, client.redirectUri)
  if (callback !== undefined) return { callback, request }
  const [form] = parseForms(page.body)
  if (form === undefined) throw new Error(`no form at ${page.url}: ${page.body.slice(0, 500)}`)
  const posted = await browser.send(new URL(form.action, page.url).href, {
    method: 'POST',
    body: filledIn(form, person),
  })
  return { callback: await walkToCallback(browser, posted, client.redirectUri), request }
}
