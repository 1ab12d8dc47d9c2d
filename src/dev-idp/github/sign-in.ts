/** GitHub's pages: the authorization request, the form, Cancel. Whoever signs in has authorised the application, so nobody is asked. */
import { randomBytes } from 'node:crypto'
import { escapeHtml } from '../../escape-html.ts'
import { matchesSecret } from '../login-form.ts'
import { errorPage, notice, page } from '../pages.ts'
import { isLoopbackUri } from '../redirect-uri.ts'
import { readForm } from '../request-form.ts'
import { type Exchange, redirectTo, sendPage } from './exchange.ts'
import type { Settings } from './settings.ts'

export const authorizePath = '/login/oauth/authorize'
export const cancelPath = '/login/oauth/cancel'
export const loginPath = '/login'

const cookieName = 'user_session'

/** `GET /login/oauth/authorize`: the form first, when nobody is signed in or the account is to be chosen. */
export function authorize(exchange: Exchange, settings: Settings): void {
  const request = readRequest(exchange, settings)
  if (!request) return
  const { query, target } = request
  const account = settings.grants.accountOf(sessionOf(exchange))
  if (!account || query.get('prompt') === 'select_account') {
    query.delete('prompt')
    redirectTo(exchange, `${loginPath}?${new URLSearchParams({ return_to: `${authorizePath}?${query}` })}`)
    return
  }
  const code = settings.grants.issueCode({
    account,
    scopes: scopesIn(query),
    redirectUri: query.get('redirect_uri') ?? undefined,
    challenge: query.get('code_challenge') ?? undefined,
  })
  target.searchParams.set('code', code)
  redirectTo(exchange, target.href)
}

/** `GET /login/oauth/cancel`: what the button beside "Authorize" does. */
export function cancel(exchange: Exchange, settings: Settings): void {
  const request = readRequest(exchange, settings)
  if (!request) return
  const { searchParams } = request.target
  searchParams.set('error', 'access_denied')
  searchParams.set('error_description', 'The user has denied your application access.')
  searchParams.set(
    'error_uri',
    'https://docs.github.com/apps/troubleshooting-authorization-request-errors/#access-denied',
  )
  redirectTo(exchange, request.target.href)
}

/** The form: shows it, or takes what was typed. */
export async function login(exchange: Exchange, settings: Settings): Promise<void> {
  const { request, url } = exchange
  const returnTo = url.searchParams.get('return_to') ?? ''
  if (!returnTo.startsWith(`${authorizePath}?`)) return sendPage(exchange, 404, errorPage('Page not found'))
  const suggested = new URLSearchParams(returnTo.slice(authorizePath.length)).get('login') ?? ''
  if (request.method !== 'POST') return sendPage(exchange, 200, loginPage({ returnTo, username: suggested }))

  const form = await readForm(request)
  const name = (form.get('username') ?? '').toLowerCase()
  const account = settings.accounts.find(
    ({ login, emails }) => login === name || emails.some(({ email }) => email === name),
  )
  const password = settings.passwords[account?.login ?? ''] ?? randomBytes(16).toString('hex')
  if (!matchesSecret(form.get('password') ?? '', password) || !account) {
    const error = 'Incorrect username or password.'
    return sendPage(exchange, 200, loginPage({ returnTo, username: name, error }))
  }
  const session = settings.grants.openSession(account)
  redirectTo(exchange, returnTo, { 'set-cookie': `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Lax` })
}

/** The request and where its answer goes, with the state; undefined: it has been answered with a page. */
function readRequest(exchange: Exchange, settings: Settings): { query: URLSearchParams; target: URL } | undefined {
  const query = new URLSearchParams(exchange.url.searchParams)
  if (query.get('client_id') !== settings.clientId) {
    sendPage(exchange, 404, errorPage('Page not found'))
    return undefined
  }
  const uri = query.get('redirect_uri') ?? settings.redirectUris?.[0] ?? ''
  if (!isAllowed(uri, settings)) {
    sendPage(exchange, 400, errorPage(`Be careful! The redirect_uri is not associated with this application.`))
    return undefined
  }
  const target = new URL(uri)
  const state = query.get('state')
  if (state !== null) target.searchParams.set('state', state)
  return { query, target }
}

/** "Redirect URLs": host and port are the registered ones, the path is the registered one or below it. On loopback any port will do. */
function isAllowed(uri: string, { redirectUris, faults }: Settings): boolean {
  const url = URL.parse(uri)
  if (!url || faults.redirect === 'unregistered') return false
  if (redirectUris === undefined) return isLoopbackUri(uri)
  return redirectUris.some((registered) => {
    const { protocol, host, hostname, pathname } = new URL(registered)
    const isHost = isLoopbackUri(registered) ? url.hostname === hostname : url.host === host
    const isPath = url.pathname === pathname || url.pathname.startsWith(`${pathname.replace(/\/$/, '')}/`)
    return url.protocol === protocol && isHost && isPath
  })
}

function sessionOf({ request }: Exchange): string {
  return new RegExp(`(?:^|;\\s*)${cookieName}=([0-9a-f]+)`).exec(request.headers.cookie ?? '')?.[1] ?? ''
}

function scopesIn(query: URLSearchParams): string[] {
  return [...new Set((query.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== ''))].sort()
}

function loginPage({ returnTo, username, error }: { returnTo: string; username: string; error?: string }): string {
  const query = new URLSearchParams({ return_to: returnTo })
  const message = error === undefined ? '' : `<p class="bad" role="alert">${escapeHtml(error)}</p>`
  return page(
    'Sign in to GitHub',
    `<p>and let gatehouse read your profile, addresses and teams</p>
${notice}
<form action="${loginPath}?${escapeHtml(String(query))}" method="post">
${message}
<label for="username">Username or email address</label>
<input id="username" name="username" value="${escapeHtml(username)}" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button name="commit" type="submit" value="Sign in">Sign in and authorize</button>
</form>
<p><a href="${cancelPath}${escapeHtml(returnTo.slice(authorizePath.length))}">Cancel</a></p>`,
  )
}
