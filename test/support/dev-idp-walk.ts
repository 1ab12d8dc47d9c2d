/** A sign-in at a look-alike by our own connector, made from the class that `gatehouse dev-idp` prints. */
import { systemClock } from '../../src/clock.ts'
import { Config } from '../../src/config/schema.ts'
import type { RedirectConnector } from '../../src/connectors/contract.ts'
import { createConnectors } from '../../src/connectors/index.ts'
import type { DevIdp, DevIdpDescription } from '../../src/dev-idp/index.ts'
import { ScriptedBrowser, signIn } from '../e2e/support/scripted-browser.ts'

export const callback = 'http://127.0.0.1:4999/callback/company'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }

/** The connector of the printed class; `oidc` changes the class, as a person would in the file. */
export async function connectorOf(
  idp: DevIdpDescription,
  oidc: Record<string, unknown> = {},
): Promise<RedirectConnector> {
  const config = Config.parse({
    issuer: 'http://127.0.0.1:4999',
    authenticationClasses: { company: { oidc: { ...idp.authenticationClass.oidc, ...oidc } } },
    login: [{ authenticationClass: 'company', oidc: { clientCredentialsSecret: 'company' } }],
    secrets: { company: { clientId: idp.clientId, clientSecret: `\${env:IDP_SECRET}` } },
  })
  const env = { IDP_SECRET: idp.clientSecret }
  const [connector] = await createConnectors({ config, env, baseDir: '.', clock: systemClock })
  if (connector?.kind !== 'redirect') throw new Error('is no redirect connector')
  return connector
}

/** Where the browser is sent after somebody has signed in: nothing listens there. Throws with what the last page says. */
export async function comeBack(idp: DevIdpDescription, startUrl: string, username = 'alice'): Promise<URL> {
  const browser = new ScriptedBrowser()
  const { password = '' } = idp.users.find((user) => user.username === username) ?? {}
  const page = await signIn(browser, { startUrl, username, password }).catch(() => undefined)
  await browser.close()
  const target = browser.hops.findLast(({ location }) => location?.startsWith(callback))?.location
  if (target === undefined) throw new Error(`did not come back: ${page?.body ?? browser.trace()}`)
  return new URL(target)
}

/** Who the connector says it was. */
export async function identityAt(
  idp: DevIdp,
  { username = 'alice', oidc }: { username?: string; oidc?: Record<string, unknown> } = {},
): Promise<Awaited<ReturnType<RedirectConnector['identify']>>> {
  const connector = await connectorOf(idp, oidc)
  const startUrl = await connector.authorizationUrl({ redirectUri: callback, checks, fresh: false })
  return connector.identify({
    callbackUrl: await comeBack(idp, startUrl.href, username),
    redirectUri: callback,
    checks,
  })
}

/** The raw answer of the token endpoint to a code. */
export async function redeem(idp: DevIdpDescription, tokenEndpoint: string, code: string): Promise<Tokens> {
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${idp.clientId}:${idp.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: callback }),
  })
  return (await response.json()) as Tokens
}

export type Tokens = Readonly<Record<string, string | undefined>>

/** A sign-in without a connector: the document, and what the token endpoint answers. */
export async function tokensAt(
  idp: DevIdp,
  { issuer = idp.issuer, username = 'alice', ...parameters }: Record<string, string> = {},
): Promise<{ document: Record<string, string>; target: URL; tokens: Tokens }> {
  const document = await documentAt(issuer)
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: idp.clientId,
    redirect_uri: callback,
    scope: 'openid profile email',
    state: 'a-state',
    nonce: 'a-nonce',
    ...parameters,
  })
  const target = await comeBack(idp, `${document['authorization_endpoint']}?${query}`, username)
  const code = target.searchParams.get('code')
  const tokens = code === null ? {} : await redeem(idp, document['token_endpoint'] ?? '', code)
  return { document, target, tokens }
}

export async function documentAt(issuer: string): Promise<Record<string, string>> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  return (await (await fetch(address)).json()) as Record<string, string>
}

/** What an address answers to a bearer of a token. */
export async function withToken(
  address: string,
  token: string | undefined,
  init: RequestInit = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const response = await fetch(address, { ...init, headers })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
