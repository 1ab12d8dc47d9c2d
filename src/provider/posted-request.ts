/**
 * POST at the addresses for browsers (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2). Other sites post to us, and our
 * cookies are `SameSite=Lax`: they come with a GET from there, and not with a POST. So the browser is sent to the same request as a GET.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeJwt } from 'jose'
import { policySourceOf } from '../config/redirect-addresses.ts'
import { escapeHtml } from '../escape-html.ts'
import { readFormBody } from '../form-body.ts'
import { sendAnswer } from '../http.ts'
import type { RegisteredProduct } from './clients.ts'
import type { ProviderHost } from './contract.ts'

const paths: ReadonlySet<string> = new Set(['/authorize', '/logout'])
const limits = { maxBytes: 57_344, maxFields: 200 }

/** nginx takes the head of an answer in 4 kB, unless it is told otherwise, and the next request line in 8 kB. */
const maxLocation = 3_000

/** The field of our own form: what comes with it comes from our page, with the cookies. */
const ours = 'gatehouse_posted'

/**
 * Answers a posted request, or makes a GET of it, for the provider to answer, and says false. What is too long for a redirect goes through
 * a page of ours that posts it once more: a form of our own brings the cookies. Throws what `readFormBody` throws.
 */
export function createPostedRequests({
  issuer,
  findClient,
  host,
}: {
  issuer: string
  findClient: (id: unknown) => RegisteredProduct | undefined
  host: Pick<ProviderHost, 'selfSendingPage' | 'signOutOrigins'>
}): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const [path = '', ...query] = (request.url ?? '').split('?')
    if (request.method !== 'POST' || !paths.has(path)) return false
    const form = hasBody(request) ? await readFormBody(request, limits) : new URLSearchParams()
    const isOurs = form.has(ours) && request.headers['sec-fetch-site'] !== 'cross-site'
    form.delete(ours)
    // Repeated ones stay: it is the provider that refuses them.
    const parameters = new URLSearchParams([...new URLSearchParams(query.join('?')), ...form])
    const target = `${path}${parameters.size > 0 ? `?${parameters}` : ''}`

    if (isOurs) {
      request.method = 'GET'
      request.url = target
      return false
    }
    const location = issuer + target
    if (location.length <= maxLocation) {
      response.writeHead(303, { location, ...headers, 'content-length': 0 }).end()
      return true
    }
    const action = escapeHtml(issuer + path)
    const targets = [...targetsOf(parameters), ...host.signOutOrigins]
    sendAnswer(response, host.selfSendingPage({ action, fields: hidden(parameters), targets, request }))
    return true
  }

  /** Browsers let a form lead only to origins that its page names: those of the product that asks. */
  function targetsOf(parameters: URLSearchParams): string[] {
    const client = findClient(parameters.get('client_id') ?? audienceOf(parameters.get('id_token_hint') ?? ''))
    const { redirect_uris: redirectUris = [], post_logout_redirect_uris: afterwards = [] } = client?.metadata ?? {}
    return [...new Set([issuer, ...redirectUris, ...afterwards].map(policySourceOf))]
  }
}

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

function hasBody({ headers: sent }: IncomingMessage): boolean {
  return sent['transfer-encoding'] !== undefined || Number(sent['content-length'] ?? 0) > 0
}

function hidden(parameters: URLSearchParams): string {
  return [...parameters, [ours, '1'] as const]
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}"/>`)
    .join('')
}

/** Not verified: it only says which product's addresses the page may lead to. */
function audienceOf(hint: string): unknown {
  try {
    return decodeJwt(hint).aud
  } catch {
    return undefined
  }
}
