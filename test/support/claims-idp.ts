import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface ClaimsIdp {
  issuer: string
  port: number
  /** What the next ID token says; `sub` is `one` unless it is here. */
  claims: Record<string, unknown>
  /** What its userinfo endpoint says besides `sub`. */
  userinfo: Record<string, unknown>
  close(): Promise<void>
}

/**
 * An identity provider that says whatever the test wants, without asking anybody anything.
 *
 * @param path of its issuer, to the letter: `/o/data/` ends in a slash.
 */
export async function startClaimsIdp({ path = '' } = {}): Promise<ClaimsIdp> {
  const root = path.replace(/\/$/, '')
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }
  const nonces = new Map<string, string>()
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', base)
    const answer = (body: unknown) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    }
    if (url.pathname === `${root}/jwks`) return answer({ keys: [jwk] })
    if (url.pathname === `${root}/userinfo`) return answer({ sub: idp.claims['sub'] ?? 'one', ...idp.userinfo })
    if (url.pathname === `${root}/authorize`) {
      const code = `code-${nonces.size}`
      nonces.set(code, url.searchParams.get('nonce') ?? '')
      const back = new URL(url.searchParams.get('redirect_uri') ?? '')
      back.search = new URLSearchParams({ code, state: url.searchParams.get('state') ?? '' }).toString()
      response.writeHead(303, { location: back.href }).end()
      return
    }
    if (url.pathname === `${root}/token`) {
      const nonce = nonces.get((await formOf(request)).get('code') ?? '')
      const idToken = await new SignJWT({ sub: 'one', nonce, ...idp.claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .setIssuer(issuer)
        .setAudience('gatehouse')
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey)
      return answer({ access_token: 'opaque', token_type: 'Bearer', expires_in: 300, id_token: idToken })
    }
    return answer({
      issuer,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      userinfo_endpoint: `${base}/userinfo`,
      jwks_uri: `${base}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const base = `http://localhost:${port}${root}`
  const issuer = `http://localhost:${port}${path}`
  const idp: ClaimsIdp = {
    issuer,
    port,
    claims: {},
    userinfo: {},
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return idp
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}
