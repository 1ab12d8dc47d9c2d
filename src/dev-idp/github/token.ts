/** `POST /login/oauth/access_token`. Errors come with status 200, and as a form unless the client accepts JSON. */
import { matchesSecret } from '../login-form.ts'
import { readForm } from '../request-form.ts'
import { type Exchange, sendJson } from './exchange.ts'
import type { Settings } from './settings.ts'

export const tokenPath = '/login/oauth/access_token'

export async function token(exchange: Exchange, { clientId, clientSecret, grants }: Settings): Promise<void> {
  const form = await readForm(exchange.request)
  const [id, secret] = basicIn(exchange) ?? [form.get('client_id'), form.get('client_secret')]
  // GitHub has no application by that name, and no page about it.
  if (id !== clientId) return sendJson(exchange, 404, { error: 'Not Found' })
  if (!matchesSecret(secret ?? '', clientSecret))
    return answer(
      exchange,
      failure('incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.'),
    )
  const granted = grants.redeem({
    code: form.get('code') ?? '',
    redirectUri: form.get('redirect_uri'),
    verifier: form.get('code_verifier'),
  })
  if (!granted) return answer(exchange, failure('bad_verification_code', 'The code passed is incorrect or expired.'))
  answer(exchange, { access_token: granted.token, token_type: 'bearer', scope: granted.scopes.join(',') })
}

function failure(error: string, description: string): Record<string, string> {
  const uri = `https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#${error.replaceAll('_', '-')}`
  return { error, error_description: description, error_uri: uri }
}

function answer(exchange: Exchange, body: Record<string, string>): void {
  const { request, response } = exchange
  if (/\bjson\b/.test(request.headers.accept ?? '')) {
    sendJson(exchange, 200, body)
    return
  }
  response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' })
  response.end(String(new URLSearchParams(body)))
}

function basicIn({ request }: Exchange): [string, string] | undefined {
  const [, encoded] = /^basic (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return [decodeURIComponent(id), decodeURIComponent(secret.join(':'))]
}
