/**
 * The limit for logins: oidc-provider with its own store in memory, ES256, the same claims, lifetimes and grants as ours. It signs
 * everybody in at once as the one account, so that a session can be created. Its arguments: port, JSON of the clients.
 */
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'

const port = Number(process.argv[2])
const issuer = `http://127.0.0.1:${port}`
const clients = JSON.parse(process.argv[3] ?? '[]') as { id: string; secret: string; redirectUri: string }[]
const claims = {
  sub: 'u_alice',
  preferred_username: 'alice',
  name: 'Alice Archer',
  given_name: 'Alice',
  family_name: 'Archer',
  email: 'alice@example.test',
  email_verified: true,
  groups: ['analysts'],
}

const { privateKey } = await generateKeyPair('ES256', { extractable: true })
const key = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'bench' }

const provider = new Provider(issuer, {
  clients: clients.map(({ id, secret, redirectUri }) => ({
    client_id: id,
    client_secret: secret,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
  })),
  jwks: { keys: [key] } as NonNullable<ConstructorParameters<typeof Provider>[1]>['jwks'] & object,
  routes: { authorization: '/authorize', token: '/token' },
  cookies: { keys: ['bench'] },
  scopes: ['openid', 'offline_access', 'email', 'profile', 'groups'],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username', 'given_name', 'family_name'],
    groups: ['groups'],
  },
  conformIdTokenClaims: false,
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  ttl: {
    AuthorizationCode: 60,
    AccessToken: 3600,
    ClientCredentials: 600,
    IdToken: 3600,
    Interaction: 3600,
    RefreshToken: 1_209_600,
    Grant: 1_209_600,
    Session: 43_200,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_ctx, resource) => ({
        scope: 'access',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => claims }),
  extraTokenClaims: async (_ctx, token) => {
    if (!('accountId' in token)) return undefined
    const { preferred_username, email, name, groups } = claims
    return { preferred_username, email, name, groups }
  },
  loadExistingGrant: async (ctx) => {
    const { client, session } = ctx.oidc
    if (!client || !session?.accountId) return undefined
    const grantId = session.grantIdFor(client.clientId)
    const existing = grantId ? await provider.Grant.find(grantId) : undefined
    if (existing) return existing
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
    grant.addOIDCScope([...ctx.oidc.requestParamScopes].join(' '))
    await grant.save()
    return grant
  },
})

const callback = provider.callback()
const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  if (request.url?.startsWith('/interaction/')) {
    provider
      .interactionFinished(request, response, { login: { accountId: claims.sub } })
      .catch((error: unknown) => response.writeHead(500).end(String(error)))
    return
  }
  void callback(request, response)
})
server.listen(port, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port })}\n`))
