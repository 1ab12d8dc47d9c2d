/** Providers whose issuer stands for many tenants, as Entra's at `organizations` and `common` does: each token names its own. */
import * as oidc from 'openid-client'
import { AppError } from '../errors.ts'
import { issuerOfTenant } from '../issuer-text.ts'
import type { Fetch } from '../outgoing.ts'

/**
 * The issuer of tokens with these claims, of a tenant whose people may come. Throws `person-not-admitted`, and `id-token-invalid` where the
 * token names no tenant.
 *
 * @param tenants ids, `*` for all.
 */
export function issuerOfClaims(
  { tid }: Readonly<Record<string, unknown>>,
  { template, tenants }: { template: string; tenants: readonly string[] },
): string {
  if (typeof tid !== 'string' || !/^[0-9a-f-]{36}$/.test(tid))
    throw new AppError('id-token-invalid', { claim: 'tid', problem: 'must be the id of a tenant' })
  if (!tenants.includes('*') && !tenants.includes(tid))
    throw new AppError('person-not-admitted', { setting: 'allowedTenants', claim: 'tid', received: tid })
  return issuerOfTenant(template, tid)
}

/** Redeems a code without a look at the ID token: the library compares issuers with one, and here there are many. */
export async function redeemUnread(
  config: oidc.Configuration,
  callback: URL,
  checks: { state: string; codeVerifier: string },
  authentication: oidc.ClientAuth,
): Promise<{ idToken: string; accessToken: string }> {
  const kept: { idToken?: unknown } = {}
  const { client_id: clientId, ...metadata } = config.clientMetadata()
  const unread = new oidc.Configuration(config.serverMetadata(), clientId, metadata, authentication)
  const ask = config[oidc.customFetch] as Fetch
  unread[oidc.customFetch] = (async (url, init) => {
    const answer = await ask(url, init)
    const { id_token: idToken, ...rest } = (await answer.json()) as Record<string, unknown>
    kept.idToken = idToken
    return Response.json(rest, { status: answer.status })
  }) satisfies Fetch as oidc.CustomFetch
  if (callback.protocol === 'http:' || config.serverMetadata().token_endpoint?.startsWith('http:'))
    oidc.allowInsecureRequests(unread)
  const { access_token: accessToken } = await oidc.authorizationCodeGrant(unread, callback, {
    expectedState: checks.state,
    pkceCodeVerifier: checks.codeVerifier,
  })
  const { idToken } = kept
  if (typeof idToken !== 'string')
    throw new AppError('id-token-invalid', { claim: 'ID token', problem: 'did not come with the access token' })
  return { idToken, accessToken }
}
