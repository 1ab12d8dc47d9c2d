/** An identity provider that signs well and otherwise does what a test tells it to: wrong claims, bombs, drips, redirects. */
import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { constants, createBrotliCompress, createDeflate, createGzip } from 'node:zlib'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export type Endpoint = 'discovery' | 'jwks' | 'token' | 'userinfo'

export interface HostileIdp extends AsyncDisposable {
  issuer: string
  clientId: string
  /** Changes of the next ID tokens: claims (undefined takes one away) and header. */
  claims: Record<string, unknown>
  header: Record<string, unknown>
  userinfo: Record<string, unknown>
  /** Makes the ID token instead, of the claims that it would have. */
  forge: ((claims: Record<string, unknown>) => string | Promise<string>) | undefined
  /** The public key, as everybody knows it. */
  publicJwk: JWK
  /** Changes of its discovery document. */
  document: Record<string, unknown>
  /** A text that it signs with its key. */
  sign: (claims: Record<string, unknown>) => Promise<string>
  /** From now on it signs with another key, under that name, and publishes that one alone. */
  rotate: (kid: string) => Promise<void>
  /** What an endpoint does instead of answering. */
  instead: Partial<Record<Endpoint, RequestListener>>
  /** Endpoints in the order in which they were asked, and whatever else was asked for. */
  asked: string[]
}

/** @param path behind which everything is, such as `/application/o/data`. */
export async function startHostileIdp(nonce: string, path = ''): Promise<HostileIdp> {
  let { privateKey, key } = await makeKey('one')
  const server = createServer((request, response) => {
    const endpoint = endpointOf((request.url ?? '').slice(path.length))
    idp.asked.push(endpoint ?? request.url ?? '')
    const instead = endpoint && idp.instead[endpoint]
    if (instead) instead(request, response)
    else void honestly(endpoint).then((body) => sendJson(response, body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const idp: HostileIdp = {
    issuer,
    clientId: 'gatehouse',
    claims: {},
    header: {},
    userinfo: {},
    forge: undefined,
    publicJwk: key,
    document: {},
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: String(key.kid) }).sign(privateKey),
    rotate: async (kid) => {
      ;({ privateKey, key } = await makeKey(kid))
      idp.publicJwk = key
    },
    instead: {},
    asked: [],
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }

  async function honestly(endpoint: Endpoint | undefined): Promise<unknown> {
    if (endpoint === 'jwks') return { keys: [key] }
    if (endpoint === 'userinfo')
      return { sub: 'subject-1', name: 'Alice', email: 'alice@example.test', ...idp.userinfo }
    if (endpoint === 'token')
      return { access_token: 'access', token_type: 'Bearer', expires_in: 60, id_token: await idToken() }
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/userinfo`,
      id_token_signing_alg_values_supported: ['ES256'],
      ...idp.document,
    }
  }

  async function idToken(): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const usual = {
      iss: String(idp.document['issuer'] ?? issuer),
      aud: idp.clientId,
      sub: 'subject-1',
      iat: now,
      exp: now + 60,
      nonce,
    }
    const claims = { ...usual, preferred_username: 'alice', ...idp.claims }
    if (idp.forge) return idp.forge(claims)
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: String(key.kid), ...idp.header })
      .sign(privateKey)
  }
  return idp
}

async function makeKey(kid: string): Promise<{ privateKey: CryptoKey; key: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { privateKey, key: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

function endpointOf(url: string): Endpoint | undefined {
  if (url.startsWith('/.well-known/')) return 'discovery'
  return (['jwks', 'token', 'userinfo'] as const).find((name) => url === `/${name}`)
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const compressions = {
  gzip: () => createGzip({ level: 3 }),
  deflate: () => createDeflate({ level: 3 }),
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
}
export type Compression = keyof typeof compressions

/** 200 MB of blanks in some hundred kilobytes: valid JSON, if somebody reads to its end. Never in memory as a whole. */
export async function bombOf(compression: Compression): Promise<RequestListener> {
  const megabyte = Buffer.alloc(2 ** 20, ' ')
  const pieces = Array.from({ length: 200 }, () => megabyte)
  const bomb = await buffer(Readable.from([...pieces, Buffer.from('{}')]).pipe(compressions[compression]()))
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': compression }).end(bomb)
  }
}

export const nested: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`)
}

/** A byte now and then, for ever. */
export const drip: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).write('{')
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

export function redirectTo(location: string): RequestListener {
  return (_, response) => {
    response.writeHead(307, { location }).end()
  }
}
