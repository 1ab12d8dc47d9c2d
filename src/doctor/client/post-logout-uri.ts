import { causeChain } from '../../errors.ts'
import type { Check, CheckContext, ClientUnderTest, Finding } from '../contract.ts'
import type { Answer } from '../guarded-fetch.ts'
import { withoutDocument } from '../without-document.ts'
import { isAskable } from './askable.ts'

/**
 * Does the provider know each address that people come back to after signing out (RP-Initiated Logout 1.0 section 3). Asked without a
 * cookie: there is nobody whom it could sign out.
 */
export const postLogoutUri: Check = {
  id: 'post-logout-uri',
  title: 'Every post-logout redirect URI is registered',
  run: async (context) => {
    const asked = context.provider.clients.flatMap((client) =>
      client.postLogoutRedirectUris.map((uri) => ({ client, uri })),
    )
    return Promise.all(asked.map(({ client, uri }) => look(context, client, uri)))
  },
}

async function look({ provider, probe, ask }: CheckContext, client: ClientUnderTest, uri: string): Promise<Finding> {
  const base = { check: 'post-logout-uri', subject: client.subject }
  if (!probe.document) return withoutDocument('post-logout-uri', client.subject)
  const skipped = (remedy: string): Finding => ({
    ...base,
    status: 'skipped',
    evidence: { 'post-logout URI': uri },
    remedy,
  })
  const endpoint = probe.document.end_session_endpoint
  if (endpoint === undefined) return skipped('the provider publishes no end_session_endpoint: it signs nobody out')
  if (!isAskable(endpoint, provider.issuer)) return skipped('the end_session_endpoint is no address that may be asked')

  let verdict: Verdict
  try {
    verdict = judge(await ask(signOutRequest(endpoint, client.clientId, uri)))
  } catch (error) {
    return skipped(`the end_session_endpoint gives no answer: ${causeChain(error)}`)
  }
  if (verdict.kind === 'unclear') return skipped(`the provider does not say whether it knows ${uri}: ${verdict.said}`)
  if (verdict.kind === 'accepted') {
    return { ...base, status: 'ok', evidence: { 'post-logout URI': uri, answer: 'accepted' }, remedy: '' }
  }
  return {
    ...base,
    status: 'problem',
    code: 'redirect-uri-not-registered',
    evidence: { 'client id': client.clientId, 'post-logout URI sent': uri, 'came back': verdict.said },
    remedy: `Register exactly this address as a post-logout redirect URI at the client ${client.clientId} of the provider (Keycloak: Valid post logout redirect URIs).`,
  }
}

type Verdict = { kind: 'accepted' } | { kind: 'not-registered' | 'unclear'; said: string }

/** Words of vendors. A page is searched for them, never shown. */
const refusals: readonly [RegExp, string][] = [
  [/Invalid redirect uri/i, 'Invalid redirect uri'], // Keycloak
  [/Invalid parameter: (post_logout_)?redirect_uri/i, 'Invalid parameter: post_logout_redirect_uri'], // Keycloak
  [/post_logout_redirect_uri not registered/i, 'post_logout_redirect_uri not registered'], // oidc-provider
  [
    /post_logout_redirect_uri.{0,40}(did not match|does not match|not registered|not allowed|invalid|must be)/is,
    'post_logout_redirect_uri refused',
  ],
]

function judge({ status, location, body }: Answer): Verdict {
  if (status >= 300 && status < 400 && location !== undefined) {
    return /[?&#]error=/.test(location)
      ? { kind: 'unclear', said: `status ${status} to an error page` }
      : { kind: 'accepted' }
  }
  if (status === 200) return { kind: 'accepted' }
  // Some want an id_token_hint before they look at the address; their refusal names both and says nothing about the address.
  const refused = status === 400 && !body.includes('id_token_hint') && refusals.find(([words]) => words.test(body))
  return refused
    ? { kind: 'not-registered', said: `${status} ${refused[1]}` }
    : { kind: 'unclear', said: `status ${status}` }
}

function signOutRequest(endpoint: string, clientId: string, uri: string): string {
  const url = new URL(endpoint)
  url.searchParams.set('client_id', clientId)
  url.searchParams.set('post_logout_redirect_uri', uri)
  return url.href
}
