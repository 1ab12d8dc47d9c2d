import assert from 'node:assert/strict'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { filledIn, type HtmlForm, parseForms } from './html-forms.ts'
import { type Page, ScriptedBrowser } from './scripted-browser.ts'

export type Parameters = Record<string, string | undefined>
export type Metadata = Record<string, unknown> & { issuer: string; jwks_uri: string }

/** One way to answer a client: a plan of the OpenID conformance suite runs its modules for each. */
export interface Variant {
  responseType: string
  responseMode: 'default' | 'form_post'
}

export interface ClientUnderTest {
  id: string
  secret: string
  redirectUri: string
}

export interface Answer {
  parameters: URLSearchParams
  /** How it came. */
  by: 'query' | 'fragment' | 'form_post'
}

/** What came of an authorization request: an answer for the client, or a page for the person. */
export interface Outcome {
  answer?: Answer
  page?: Page
}

/** A client that checks what a module of the suite checks, with a browser that fills in the pages of the server. */
export class ConformanceClient {
  readonly metadata: Metadata
  readonly client: ClientUnderTest
  readonly variant: Variant
  readonly #account: Record<string, string>
  readonly #keys: ReturnType<typeof createRemoteJWKSet>

  constructor(metadata: Metadata, client: ClientUnderTest, variant: Variant, account: Record<string, string>) {
    this.metadata = metadata
    this.client = client
    this.variant = variant
    this.#account = account
    this.#keys = createRemoteJWKSet(new URL(metadata.jwks_uri))
  }

  /** The parameters of a request; those that are undefined are left out. */
  request(more: Parameters = {}): URLSearchParams {
    const { responseType, responseMode } = this.variant
    const parameters: Parameters = {
      client_id: this.client.id,
      redirect_uri: this.client.redirectUri,
      response_type: responseType,
      scope: 'openid',
      state: crypto.randomUUID(),
      nonce: crypto.randomUUID(),
      ...(responseMode === 'default' ? {} : { response_mode: responseMode }),
      ...more,
    }
    return new URLSearchParams(
      Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined),
    )
  }

  /** Sends the request, fills in every page on the way, and says where it ended. */
  async send(
    browser: ScriptedBrowser,
    request: URLSearchParams,
    { pages = true, method = 'GET' } = {},
  ): Promise<Outcome> {
    const address = this.endpoint('authorization')
    const first =
      method === 'POST'
        ? await browser.send(address, { method, body: request })
        : await browser.send(`${address}?${request}`)
    return this.#follow(browser, first, pages)
  }

  /** An answer without an error. */
  async succeed(browser: ScriptedBrowser, request: URLSearchParams, options?: { method?: string }): Promise<Answer> {
    const { answer, page } = await this.send(browser, request, options)
    if (answer === undefined) throw new Error(`ended at ${page?.url}: ${page?.body.slice(-2000)}`)
    assert.equal(answer.parameters.get('error'), null, String(answer.parameters))
    assert.equal(answer.parameters.get('state'), request.get('state'))
    assert.equal(answer.by, this.expectedMode)
    const issuer = answer.parameters.get('iss')
    assert.ok(issuer === null || issuer === this.metadata.issuer, 'RFC 9207')
    return answer
  }

  get expectedMode(): Answer['by'] {
    if (this.variant.responseMode === 'form_post') return 'form_post'
    return this.variant.responseType === 'code' ? 'query' : 'fragment'
  }

  async #follow(browser: ScriptedBrowser, first: Page, pages: boolean): Promise<Outcome> {
    let page = first
    for (let hop = 0; hop < 20; hop++) {
      const location = page.headers.get('location')
      if (location !== null) {
        const next = new URL(location, page.url)
        if (next.href.startsWith(this.client.redirectUri)) return { answer: answerIn(next) }
        page = await browser.send(next.href)
        continue
      }
      const [form] = parseForms(page.body)
      if (form?.action.startsWith(this.client.redirectUri)) return { answer: postedAnswer(form) }
      const filled = pages && form ? this.#fill(form) : undefined
      if (!form || !filled) return { page }
      page = await browser.send(new URL(form.action, page.url).href, { method: 'POST', body: filled })
    }
    throw new Error(`too many hops:\n${browser.trace()}`)
  }

  #fill(form: HtmlForm): URLSearchParams | undefined {
    const names = form.fields.map(({ name }) => name)
    if (names.includes('password')) return filledIn(form, this.#account)
    if (names.includes('decision')) return filledIn(form, { decision: 'allow' })
    return undefined
  }

  /** Redeems a code, in the way that the client is registered with. */
  async token(parameters: Record<string, string>, by: 'basic' | 'post' = 'basic') {
    const { id, secret } = this.client
    const credentials = by === 'post' ? { client_id: id, client_secret: secret } : {}
    const response = await fetch(this.endpoint('token'), {
      method: 'POST',
      headers:
        by === 'basic'
          ? { authorization: `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}` }
          : {},
      body: new URLSearchParams({ ...parameters, ...credentials }),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, string>,
    }
  }

  redeem(answer: Answer, more: Record<string, string> = {}, by?: 'basic' | 'post') {
    const code = answer.parameters.get('code') ?? assert.fail('no code')
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: this.client.redirectUri, ...more }, by)
  }

  /** Everything that the answer and the token endpoint give, checked as a relying party checks it (Core 3.1.3.7, 3.2.2.11, 3.3.2.11). */
  async tokens(answer: Answer, request: URLSearchParams, by?: 'basic' | 'post') {
    const { parameters } = answer
    const nonce = request.get('nonce') ?? undefined
    const [code, front] = [parameters.get('code') ?? undefined, parameters.get('access_token') ?? undefined]
    const types = this.variant.responseType.split(' ')
    assert.equal(code !== undefined, types.includes('code'))
    assert.equal(front !== undefined, types.includes('token'))
    const claims = types.includes('id_token')
      ? await this.idToken(parameters.get('id_token') ?? '', { nonce, code, accessToken: front })
      : undefined
    if (front !== undefined) {
      assert.equal(parameters.get('token_type')?.toLowerCase(), 'bearer')
      assert.ok(Number(parameters.get('expires_in')) > 0)
    }
    if (code === undefined) return { accessToken: front, claims: claims ?? assert.fail('no ID token'), body: {} }
    const { status, headers, body } = await this.redeem(answer, {}, by)
    assert.equal(status, 200, JSON.stringify(body))
    assert.match(headers.get('cache-control') ?? '', /no-store/)
    const late = await this.idToken(body['id_token'] ?? '', { nonce, accessToken: body['access_token'] })
    if (claims) assert.deepEqual([late.sub, late.iss], [claims.sub, claims.iss])
    return { accessToken: body['access_token'] ?? front, claims: claims ?? late, body }
  }

  async idToken(
    token: string,
    {
      nonce,
      code,
      accessToken,
    }: { nonce?: string | undefined; code?: string | undefined; accessToken?: string | undefined },
  ): Promise<JWTPayload & Record<string, unknown>> {
    const { payload, protectedHeader } = await jwtVerify(token, this.#keys, {
      issuer: this.metadata.issuer,
      audience: this.client.id,
      algorithms: ['RS256', 'ES256'],
      requiredClaims: ['sub', 'exp', 'iat'],
    })
    assert.ok(protectedHeader.kid, 'a key id, as there are several keys')
    assert.equal(payload['nonce'], nonce)
    assert.ok(String(payload.sub).length <= 255)
    assert.ok(Math.abs(Number(payload.iat) - Date.now() / 1000) < 60)
    if (accessToken !== undefined && payload['at_hash'] !== undefined)
      assert.equal(payload['at_hash'], await half(accessToken))
    if (code !== undefined) assert.equal(payload['c_hash'], await half(code))
    return payload
  }

  async userinfo(accessToken: string | undefined, init: RequestInit = {}): Promise<Record<string, unknown>> {
    const headers = init.body ? {} : { authorization: `Bearer ${accessToken}` }
    const response = await fetch(this.endpoint('userinfo'), { headers, ...init })
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
    return (await response.json()) as Record<string, unknown>
  }

  endpoint(name: 'authorization' | 'token' | 'userinfo' | 'end_session'): string {
    return String(this.metadata[`${name}_endpoint`])
  }
}

/** The left half of the hash (Core 3.1.3.6). */
async function half(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Buffer.from(digest).subarray(0, 16).toString('base64url')
}

function answerIn({ searchParams, hash }: URL): Answer {
  if (hash === '') return { parameters: searchParams, by: 'query' }
  return { parameters: new URLSearchParams(hash.slice(1)), by: 'fragment' }
}

function postedAnswer({ fields }: HtmlForm): Answer {
  const values = fields
    .filter(({ type }) => type === 'hidden')
    .map(({ name, value }): [string, string] => [name, value])
  return { parameters: new URLSearchParams(values), by: 'form_post' }
}

/** A browser of nobody. */
export function newBrowser(): ScriptedBrowser {
  return new ScriptedBrowser()
}
