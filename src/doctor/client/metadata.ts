import type { Check, ClientContext, Outcome } from '../contract.ts'
import { ok, problem, warning } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'

/** Checks that the provider does what the client needs of it: its response type, its way to authenticate, PKCE. */
export const metadata: Check<'client'> = {
  id: 'metadata',
  title: 'The provider does what the client needs',
  run: look,
}

function look(context: ClientContext): Outcome | Outcome[] {
  if (!context.probe.document) return withoutDocument
  const wrong = [responseType(context), method(context), pkce(context)].filter((outcome) => outcome !== undefined)
  if (wrong.length > 0) return wrong
  const { client } = context
  return ok({ 'response type': client.responseType, method: client.method, PKCE: client.sendsPkce ? 'S256' : 'none' })
}

function responseType({ probe, client }: ClientContext): Outcome | undefined {
  const offered = probe.document?.response_types_supported
  if (!offered || offered.some((type) => sameWords(type, client.responseType))) return undefined
  return problem(
    'provider-refused',
    { needed: `response type ${client.responseType}`, offered: offered.join(', ') },
    `Allow the response type ${client.responseType} at the provider: the client asks for no other.`,
  )
}

/** The words of a response type have no order (OAuth 2.0 Multiple Response Types section 3). */
function sameWords(one: string, other: string): boolean {
  const sorted = (text: string) => text.split(' ').toSorted().join(' ')
  return sorted(one) === sorted(other)
}

/** Absent means `client_secret_basic` (OpenID Connect Discovery 1.0 section 3); many leave the list out and take both. */
function method({ probe, client }: ClientContext): Outcome | undefined {
  const offered = probe.document?.token_endpoint_auth_methods_supported
  // Public clients need no method, and few lists have the word.
  if (!offered || client.responseType === 'id_token' || client.method === 'none') return undefined
  if (offered.includes(client.method)) return undefined
  return problem(
    'client-credentials-rejected',
    { 'client id': client.clientId, needed: client.method, offered: offered.join(' ') },
    `Set clientAuthenticationMethod to one of ${offered.join(', ')} where the application can do it, or allow ${client.method} at the provider.`,
  )
}

function pkce({ probe, client }: ClientContext): Outcome | undefined {
  const offered = probe.document?.code_challenge_methods_supported
  if (!offered || !client.sendsPkce || offered.includes('S256')) return undefined
  return warning(
    'provider-refused',
    { needed: 'PKCE with S256', offered: offered.join(' ') || 'none' },
    `Allow S256 at the provider: the client sends code_challenge_method=S256.`,
  )
}
