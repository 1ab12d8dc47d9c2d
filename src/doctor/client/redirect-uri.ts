import { createHash, randomBytes } from 'node:crypto'
import { causeChain } from '../../errors.ts'
import { own } from '../../maps.ts'
import { vendors } from '../../vendors/index.ts'
import type { Check, ClientContext, ClientUnderTest, Outcome } from '../contract.ts'
import { ok, problem, skipped } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'
import { isAskable } from './askable.ts'
import { type AuthorizationAnswer, judgeAuthorizationAnswer, type Verdict } from './authorization-answer.ts'
import { missingScopes } from './scopes.ts'

/**
 * Checks that the provider knows each address to which people return. Asks its authorization endpoint with `prompt=none`: nobody signs
 * in, nothing is kept. Asks with all scopes, as a sign-in does, because a scope may exist and still not be assigned to the client, and no
 * list says so.
 */
export const redirectUri: Check<'client'> = {
  id: 'redirect-uri',
  title: 'Every redirect URI is registered',
  run: lookAtAll,
}

interface Seen {
  outcome: Outcome
  /** What came back when a scope was refused. */
  scopeRefused?: string
}

/** What to do about a code with which a provider ends the request of a client that it knows. */
const refusalRemedies: Readonly<Record<string, (clientId: string) => string>> = {
  unauthorized_client: (clientId) =>
    `Allow the authorization code flow for the client ${clientId} at the provider (Keycloak: Standard flow; Okta: grant type Authorization Code).`,
  unsupported_response_type: (clientId) =>
    `Allow the authorization code flow for the client ${clientId} at the provider: it refuses response_type=code.`,
  invalid_request: (clientId) =>
    `Compare the client ${clientId} at the provider with what it must accept: PKCE (S256) when the application sends it and not required when it sends none, the scopes, and no further parameter that is required.`,
  access_denied: (clientId) =>
    `Open the client ${clientId} for people at the provider: a policy there, or a missing assignment, refuses it before anybody has signed in.`,
}

async function lookAtAll(context: ClientContext): Promise<Outcome[]> {
  const { client, probe } = context
  const seen = await Promise.all(client.redirectUris.map((uri) => look(context, uri)))
  const outcomes = seen.map(({ outcome }) => outcome)
  const said = seen.find(({ scopeRefused }) => scopeRefused !== undefined)?.scopeRefused
  if (said === undefined || !probe.document) return outcomes
  return [
    ...outcomes,
    scopeProblem(context, { said, missing: missingScopes(client, probe.document, context.provider) }),
  ]
}

function scopeProblem(
  { provider, client }: ClientContext,
  { said, missing }: { said: string; missing: readonly string[] },
): Outcome {
  const unlisted = missing.length === 0 ? {} : { 'not offered': missing.join(' ') }
  return problem(
    'scope-not-supported',
    { 'client id': client.clientId, asked: client.scopes.join(' '), 'came back': said, ...unlisted },
    `Add each of these scopes to the client ${client.clientId} at the provider (Keycloak: Client scopes of the client), or remove the one that it lacks from ${provider.path}.scopes or ${client.scopesPath}.`,
  )
}

async function look({ provider, probe, ask, client }: ClientContext, uri: string): Promise<Seen> {
  if (!probe.document) return { outcome: withoutDocument }
  const endpoint = probe.document.authorization_endpoint
  if (endpoint === undefined || !isAskable(endpoint, provider.issuer)) {
    const evidence = { authorization_endpoint: endpoint ?? 'none' }
    return { outcome: skipped('the authorization endpoint is not an address that doctor may call', evidence) }
  }

  let answer: AuthorizationAnswer
  try {
    answer = await ask(authorizationRequest(endpoint, client, uri))
  } catch (error) {
    const evidence = { asked: endpoint, reason: causeChain(error) }
    const remedy = 'Check the log of the provider: its authorization endpoint does not answer.'
    return { outcome: problem('provider-unreachable', evidence, remedy) }
  }

  const verdict = judgeAuthorizationAnswer(answer, uri)
  const outcome = describe(verdict, { client, provider }, uri)
  if (verdict.kind === 'scope-refused') return { outcome, scopeRefused: verdict.said }
  return verdict.kind === 'accepted' && verdict.error === 'invalid_scope'
    ? { outcome, scopeRefused: verdict.error }
    : { outcome }
}

function describe(
  verdict: Verdict,
  { client: { clientId }, provider }: Pick<ClientContext, 'client' | 'provider'>,
  uri: string,
): Outcome {
  if (verdict.kind === 'accepted') {
    const answer = verdict.error === undefined ? 'accepted' : `accepted (${verdict.error})`
    return ok({ 'redirect URI': uri, answer })
  }
  const evidence = { 'client id': clientId, 'redirect URI sent': uri, 'came back': verdict.said }
  if (verdict.kind === 'scope-refused') {
    return skipped('a scope is refused, which says nothing about the address', evidence)
  }
  // Its own clients are those of the configuration that the server has read.
  if (
    vendors[provider.kind].isOurs &&
    (verdict.kind === 'redirect-uri-not-registered' || verdict.kind === 'client-unknown')
  )
    return problem(
      verdict.kind,
      evidence,
      'Reload or restart `gatehouse serve`: it runs with an older configuration than this file.',
    )
  if (verdict.kind === 'redirect-uri-not-registered') {
    const remedy = `Register exactly this address at the client ${clientId} of the provider, with the same scheme, host, port and path.`
    return problem('redirect-uri-not-registered', evidence, remedy)
  }
  if (verdict.kind === 'client-unknown') {
    const remedy = `Create the client ${clientId} at the provider, or correct its clientId under \`secrets\`.`
    return problem('client-unknown', evidence, remedy)
  }
  if (verdict.kind === 'refused') {
    const remedy = own(refusalRemedies, verdict.error)?.(clientId)
    return problem(
      'provider-refused',
      evidence,
      remedy ?? `Check the log of the provider: ${verdict.error} is its own word.`,
    )
  }
  const remedy = `Check the log of the provider: it refuses the sign-in of ${clientId} without saying why. Compare client id and redirect URI first.`
  return problem('provider-refused', evidence, remedy)
}

/** What the client itself would send, PKCE only where it does: a provider may demand it, or know nothing of it. */
function authorizationRequest(
  endpoint: string,
  { clientId, scopes, responseType, sendsPkce }: ClientUnderTest,
  uri: string,
): string {
  const url = new URL(endpoint)
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url')
  const parameters = {
    response_type: responseType,
    client_id: clientId,
    redirect_uri: uri,
    scope: scopes.join(' '),
    state: randomBytes(16).toString('base64url'),
    nonce: randomBytes(16).toString('base64url'),
    ...(sendsPkce ? { code_challenge: challenge, code_challenge_method: 'S256' } : {}),
    prompt: 'none',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}
