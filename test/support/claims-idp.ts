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

/** An identity provider that says whatever the test wants, without asking anybody anything. */
export async function startClaimsIdp(): Promise<ClaimsIdp> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }
  const nonces = new Map<string, string>()
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    const answer = (body: unknown) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    }
    if (url.pathname === '/jwks') return answer({ keys: [jwk] })
    if (url.pathname === '/userinfo') return answer({ sub: idp.claims['sub'] ?? 'one', ...idp.userinfo })
    if (url.pathname === '/authorize') {
      const code = `code-${nonces.size}`
      nonces.set(code, url.searchParams.get('nonce') ?? '')
      const back = new URL(url.searchParams.get('redirect_uri') ?? '')
      back.search = new URLSearchParams({ code, state: url.searchParams.get('state') ?? '' }).toString()
      response.writeHead(303, { location: back.href }).end()
      return
    }
    if (url.pathname === '/token') {
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
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const issuer = `http://localhost:${port}`
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
