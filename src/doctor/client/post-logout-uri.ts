import { causeChain } from '../../errors.ts'
import type { Refusal } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'
import type { Check, ClientContext, Outcome } from '../contract.ts'
import type { Answer } from '../guarded-fetch.ts'
import { ok, problem, skipped } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'
import { isAskable } from './askable.ts'
import { pageText } from './page-text.ts'

/**
 * Checks that the provider knows each address to which people return after signing out (RP-Initiated Logout 1.0 section 3). Sends no
 * cookie, so it signs nobody out.
 */
export const postLogoutUri: Check<'client'> = {
  id: 'post-logout-uri',
  title: 'Every post-logout redirect URI is registered',
  run: (context) => Promise.all(context.client.postLogoutRedirectUris.map((uri) => look(context, uri))),
}

async function look({ provider, probe, ask, client }: ClientContext, uri: string): Promise<Outcome> {
  if (!probe.document) return withoutDocument
  const untold = (why: string) => skipped(why, { 'post-logout URI': uri })
  const endpoint = probe.document.end_session_endpoint
  if (endpoint === undefined) return untold('the provider publishes no end_session_endpoint: it signs nobody out')
  if (!isAskable(endpoint, provider.issuer))
    return untold('the end_session_endpoint is not an address that doctor may call')

  let verdict: Verdict
  try {
    verdict = judge(await ask(signOutRequest(endpoint, client.clientId, uri)))
  } catch (error) {
    return untold(`the end_session_endpoint does not answer: ${causeChain(error)}`)
  }
  if (verdict.kind === 'unclear') return untold(`the provider does not say whether it knows ${uri}: ${verdict.said}`)
  if (verdict.kind === 'accepted') return ok({ 'post-logout URI': uri, answer: 'accepted' })
  return problem(
    'redirect-uri-not-registered',
    { 'client id': client.clientId, 'post-logout URI sent': uri, 'came back': verdict.said },
    `Register exactly this address as a post-logout redirect URI at the client ${client.clientId} of the provider (Keycloak: Valid post logout redirect URIs).`,
  )
}

type Verdict = { kind: 'accepted' } | { kind: 'not-registered' | 'unclear'; said: string }

/** The words of single vendors, then those of several. We search a page for them and never show the page. */
const refusals: readonly Refusal[] = [
  ...Object.values(vendors).flatMap((vendor) => vendor.refusals?.postLogoutRedirectUri ?? []),
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
  // Some want an id_token_hint before they check the address; their refusal names both and says nothing about the address.
  const refused =
    status === 400 && !body.includes('id_token_hint') && refusals.find(([words]) => words.test(pageText(body)))
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
