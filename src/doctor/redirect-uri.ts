import { createHash, randomBytes } from 'node:crypto'
import { causeChain } from '../errors.ts'
import { type AuthorizationAnswer, judgeAuthorizationAnswer } from './authorization-answer.ts'
import type { Check, CheckContext, ClientUnderTest, Finding } from './contract.ts'
import { withoutDocument } from './without-document.ts'

/**
 * Does the provider know each address that it will be told to send people back to. Asked at its authorization endpoint with
 * `prompt=none`: nobody signs in, nothing is kept.
 */
export const redirectUri: Check = {
  id: 'redirect-uri',
  title: 'Every redirect URI is registered',
  run: async (context) => {
    const asked = context.provider.clients.flatMap((client) => client.redirectUris.map((uri) => ({ client, uri })))
    return Promise.all(asked.map(({ client, uri }) => look(context, client, uri)))
  },
}

async function look(context: CheckContext, client: ClientUnderTest, uri: string): Promise<Finding> {
  const { provider, probe, ask } = context
  const base = { check: 'redirect-uri', subject: client.subject }
  if (!probe.document) return withoutDocument('redirect-uri', client.subject)
  const endpoint = probe.document.authorization_endpoint
  if (endpoint === undefined || !isAskable(endpoint, provider.issuer)) {
    const evidence = { authorization_endpoint: endpoint ?? 'none' }
    return {
      ...base,
      status: 'skipped',
      evidence,
      remedy: 'the authorization endpoint is no address that may be asked',
    }
  }

  let answer: AuthorizationAnswer
  try {
    answer = await ask(authorizationRequest(endpoint, client.clientId, uri))
  } catch (error) {
    return {
      ...base,
      status: 'problem',
      code: 'provider-unreachable',
      evidence: { asked: endpoint, reason: causeChain(error) },
      remedy: 'Look into the log of the provider: its authorization endpoint gives no answer.',
    }
  }

  const verdict = judgeAuthorizationAnswer(answer, uri)
  const sent = { 'client id': client.clientId, 'redirect URI sent': uri }
  if (verdict.kind === 'accepted') {
    const answered = verdict.error === undefined ? 'accepted' : `accepted (${verdict.error})`
    return { ...base, status: 'ok', evidence: { 'redirect URI': uri, answer: answered }, remedy: '' }
  }
  const evidence = { ...sent, 'came back': verdict.said }
  if (verdict.kind === 'redirect-uri-not-registered') {
    const remedy = `Register exactly this address at the client ${client.clientId} of the provider, with the same scheme, host, port and path.`
    return { ...base, status: 'problem', code: 'redirect-uri-not-registered', evidence, remedy }
  }
  if (verdict.kind === 'client-unknown') {
    const remedy = `Create the client ${client.clientId} at the provider, or correct its clientId under \`secrets\`.`
    return { ...base, status: 'problem', code: 'client-unknown', evidence, remedy }
  }
  const remedy = `Look into the log of the provider: it refuses the sign-in of ${client.clientId} without saying why. Compare client id and redirect URI first.`
  return { ...base, status: 'problem', code: 'provider-refused', evidence, remedy }
}

/** A discovery document must not send us from https to http, nor from one plain host to another. */
function isAskable(endpoint: string, issuer: string): boolean {
  const [target, base] = [URL.parse(endpoint), URL.parse(issuer)]
  if (!target || !base) return false
  if (target.protocol === 'https:') return true
  return target.protocol === 'http:' && base.protocol === 'http:' && target.hostname === base.hostname
}

function authorizationRequest(endpoint: string, clientId: string, uri: string): string {
  const url = new URL(endpoint)
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url')
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: uri,
    scope: 'openid',
    state: randomBytes(16).toString('base64url'),
    nonce: randomBytes(16).toString('base64url'),
    code_challenge: challenge,
    code_challenge_method: 'S256',
    prompt: 'none',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}
