import { createHash, randomBytes } from 'node:crypto'
import { causeChain } from '../../errors.ts'
import type { Check, CheckContext, ClientUnderTest, Finding } from '../contract.ts'
import { withoutDocument } from '../without-document.ts'
import { isAskable } from './askable.ts'
import { type AuthorizationAnswer, judgeAuthorizationAnswer, type Verdict } from './authorization-answer.ts'
import { missingScopes } from './scopes.ts'

/**
 * Does the provider know each address that it will be told to send people back to. Asked at its authorization endpoint with
 * `prompt=none`: nobody signs in, nothing is kept. Asked with all scopes, as a sign-in does, because a scope that exists may still not
 * be the client's, and no list says so.
 */
export const redirectUri: Check = {
  id: 'redirect-uri',
  title: 'Every redirect URI is registered',
  run: async (context) => (await Promise.all(context.provider.clients.map((client) => lookAt(context, client)))).flat(),
}

interface Seen {
  finding: Finding
  /** What came back when a scope was refused. */
  scopeRefused?: string
}

async function lookAt(context: CheckContext, client: ClientUnderTest): Promise<Finding[]> {
  const seen = await Promise.all(client.redirectUris.map((uri) => look(context, client, uri)))
  const findings = seen.map(({ finding }) => finding)
  const said = seen.find(({ scopeRefused }) => scopeRefused !== undefined)?.scopeRefused
  // A scope that nobody has is the finding of `scopes` already.
  if (said === undefined || !context.probe.document || missingScopes(client, context.probe.document).length > 0) {
    return findings
  }
  return [...findings, scopeProblem(context, client, said)]
}

function scopeProblem({ provider }: CheckContext, client: ClientUnderTest, said: string): Finding {
  return {
    check: 'redirect-uri',
    subject: client.subject,
    status: 'problem',
    code: 'scope-not-supported',
    evidence: { 'client id': client.clientId, asked: client.scopes.join(' '), 'came back': said },
    remedy: `Add each of these scopes to the client ${client.clientId} at the provider (Keycloak: Client scopes of the client), or remove the one that it lacks from ${provider.path}.scopes or ${client.scopesPath}.`,
  }
}

async function look({ provider, probe, ask }: CheckContext, client: ClientUnderTest, uri: string): Promise<Seen> {
  const base = { check: 'redirect-uri', subject: client.subject }
  if (!probe.document) return { finding: withoutDocument('redirect-uri', client.subject) }
  const endpoint = probe.document.authorization_endpoint
  if (endpoint === undefined || !isAskable(endpoint, provider.issuer)) {
    const evidence = { authorization_endpoint: endpoint ?? 'none' }
    const why = 'the authorization endpoint is no address that may be asked'
    return { finding: { ...base, status: 'skipped', evidence, remedy: why } }
  }

  let answer: AuthorizationAnswer
  try {
    answer = await ask(authorizationRequest(endpoint, client, uri))
  } catch (error) {
    const evidence = { asked: endpoint, reason: causeChain(error) }
    const remedy = 'Look into the log of the provider: its authorization endpoint gives no answer.'
    return { finding: { ...base, status: 'problem', code: 'provider-unreachable', evidence, remedy } }
  }

  const verdict = judgeAuthorizationAnswer(answer, uri)
  const finding: Finding = { ...base, ...describe(verdict, client, uri) }
  if (verdict.kind === 'scope-refused') return { finding, scopeRefused: verdict.said }
  return verdict.kind === 'accepted' && verdict.error === 'invalid_scope'
    ? { finding, scopeRefused: verdict.error }
    : { finding }
}

function describe(verdict: Verdict, client: ClientUnderTest, uri: string): Omit<Finding, 'check' | 'subject'> {
  const sent = { 'client id': client.clientId, 'redirect URI sent': uri }
  if (verdict.kind === 'accepted') {
    const answered = verdict.error === undefined ? 'accepted' : `accepted (${verdict.error})`
    return { status: 'ok', evidence: { 'redirect URI': uri, answer: answered }, remedy: '' }
  }
  const evidence = { ...sent, 'came back': verdict.said }
  if (verdict.kind === 'scope-refused') {
    return { status: 'skipped', evidence, remedy: 'a scope is refused, which says nothing about the address' }
  }
  if (verdict.kind === 'redirect-uri-not-registered') {
    const remedy = `Register exactly this address at the client ${client.clientId} of the provider, with the same scheme, host, port and path.`
    return { status: 'problem', code: 'redirect-uri-not-registered', evidence, remedy }
  }
  if (verdict.kind === 'client-unknown') {
    const remedy = `Create the client ${client.clientId} at the provider, or correct its clientId under \`secrets\`.`
    return { status: 'problem', code: 'client-unknown', evidence, remedy }
  }
  const remedy = `Look into the log of the provider: it refuses the sign-in of ${client.clientId} without saying why. Compare client id and redirect URI first.`
  return { status: 'problem', code: 'provider-refused', evidence, remedy }
}

function authorizationRequest(endpoint: string, { clientId, scopes }: ClientUnderTest, uri: string): string {
  const url = new URL(endpoint)
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url')
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: uri,
    scope: scopes.join(' '),
    state: randomBytes(16).toString('base64url'),
    nonce: randomBytes(16).toString('base64url'),
    code_challenge: challenge,
    code_challenge_method: 'S256',
    prompt: 'none',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}
