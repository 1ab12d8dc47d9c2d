import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

export interface AnyUserIdp {
  issuer: string
  port: number
  /** The next person to sign in, and their groups; by default somebody new, in no group. */
  next: { name: string; groups: readonly string[] } | undefined
  /** What it says about when that was (`auth_time`, in seconds); now by default. */
  authTime: number | undefined
  close(): Promise<void>
}

/** An identity provider that signs everybody in at once, each time as somebody new, for tests with many people. */
export async function startAnyUserIdp(): Promise<AnyUserIdp> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const issuer = `http://localhost:${port}`
  let people = 0
  const groups = new Map<string, readonly string[]>()
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'gatehouse',
        client_secret: 'test-secret',
        redirect_uris: ['http://localhost:1/callback/crowd'],
        require_auth_time: true,
      },
    ],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        preferred_username: id,
        name: id,
        email: `${id}@example.test`,
        email_verified: true,
        groups: [...(groups.get(id) ?? [])],
      }),
    }),
    loadExistingGrant: async (ctx) => {
      const grant = new provider.Grant({
        clientId: ctx.oidc.client?.clientId ?? '',
        accountId: ctx.oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
  })
  // Gatehouse gets a new port in each test: its redirect URI is not known beforehand.
  const { Client } = provider as unknown as { Client: { prototype: { redirectUriAllowed(): boolean } } }
  Client.prototype.redirectUriAllowed = () => true

  const callback = provider.callback()
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) {
      void callback(request, response)
      return
    }
    const { name, groups: given } = idp.next ?? { name: `person-${++people}`, groups: [] }
    groups.set(name, given)
    void provider.interactionFinished(request, response, {
      login: { accountId: name, ts: idp.authTime ?? Math.floor(Date.now() / 1000) },
    })
  })
  const idp: AnyUserIdp = {
    issuer,
    port,
    next: undefined,
    authTime: undefined,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return idp
}
