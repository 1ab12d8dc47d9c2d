import type { IncomingMessage } from 'node:http'
import { setCookie } from '../cookies.ts'
import { AppError, asAppError } from '../errors.ts'
import { rawHeader } from '../http.ts'
import type { Logger } from '../log.ts'
import { recordOf } from '../request-record.ts'
import type { Access } from './access.ts'
import { type Answers, type Exchange, redirect } from './answers.ts'
import type { GatedService } from './gated-service.ts'
import type { ServiceSession } from './identity.ts'
import type { RequestHead } from './request-head.ts'
import { parseReturnTo, withoutQuery } from './return-url.ts'
import { queryOf } from './sign-in.ts'

/** `/oauth2/sign_out?rd=`: ends the session here and goes on to the sign-out page of the issuer. */
export type SignOut = (exchange: Exchange, head: RequestHead, service: GatedService) => Promise<void>

/** Writes the page that asks whether to sign out; its form goes to `action`. */
export type AskSignOut = (input: Exchange & { action: string }) => void

export function createSignOut(deps: {
  access: Pick<Access, 'identify'>
  answers: Answers
  origins: ReadonlySet<string>
  signOut(input: {
    session: ServiceSession | undefined
    returnTo: string | undefined
    request: IncomingMessage
  }): Promise<string>
  askSignOut: AskSignOut
  /** Drops caches and websockets of a session that has ended. */
  forgetSession(key: string): void
  log: Logger
}): SignOut {
  const { access, answers, log } = deps

  return async (exchange, head, service) => {
    const { request, response } = exchange
    const returnTo = returnAddress(queryOf(request.url).get('rd'), service)
    const intent = intentOf({ request, head, service, origins: deps.origins })
    if (intent === 'refuse') {
      answers.fail(exchange, { error: new AppError('cross-site-request'), page: false })
      return
    }
    if (intent === 'ask') {
      const query = returnTo === undefined ? '' : `?rd=${encodeURIComponent(returnTo)}`
      deps.askSignOut({ ...exchange, action: `/oauth2/sign_out${query}` })
      return
    }

    // The cookie only: a bearer token is not a session here.
    const who = await access.identify({ ...head, authorization: '' }, service)
    if (who instanceof AppError) {
      answers.fail(exchange, { error: who, page: true })
      return
    }
    let onward: string
    try {
      onward = await deps.signOut({ session: who?.session, returnTo, request })
    } catch (error) {
      answers.fail(exchange, { error: asAppError(error), page: true })
      return
    }
    if (who) recordOf(request).user = who.identity.username
    if (who?.session) deps.forgetSession(who.session.key)
    redirect(response, onward, [
      setCookie({ name: service.sessionCookie, value: '', secure: service.secure, maxAge: 0 }),
    ])
  }

  /** Without one people see that they are signed out. */
  function returnAddress(rd: string | null, service: GatedService): string | undefined {
    if (rd === null || rd === '') return undefined
    const returnTo = parseReturnTo(rd, service.origin, deps.origins)
    // Signing out must not fail for it: today's links often name the sign-out page of the provider, which the issuer calls by itself.
    if (returnTo === undefined)
      log.warn({ service: service.name }, 'return-url-not-allowed at sign-out: the URL is ignored')
    // It goes on in heads of answers, of which some proxies take only 4 kB.
    return returnTo !== undefined && returnTo.length > maxReturnTo ? withoutQuery(returnTo) : returnTo
  }
}

const maxReturnTo = 2048

/**
 * An image or a script of another site cannot sign anyone out; a link of another site is asked about first; links and forms of our own
 * do it at once. Without Sec-Fetch headers (plain http, old browsers) SameSite=Lax keeps the cookie from anything but a navigation, and
 * Referer says where that came from, unless the other site hides it.
 */
function intentOf({
  request,
  head,
  service,
  origins,
}: {
  request: IncomingMessage
  head: RequestHead
  service: GatedService
  /** Of our services, and of the issuer. */
  origins: ReadonlySet<string>
}): 'sign-out' | 'ask' | 'refuse' {
  const site = head.secFetchSite
  if (request.method === 'POST') {
    if (head.origin !== '' && head.origin !== service.origin) return 'refuse'
    return site === '' || site === 'same-origin' || site === 'none' ? 'sign-out' : 'refuse'
  }
  if (site === 'same-origin' || site === 'none') return 'sign-out'
  if (site !== '') {
    if (head.secFetchMode !== 'navigate') return 'refuse'
    return site === 'same-site' ? 'sign-out' : 'ask'
  }
  if (head.accept !== '' && head.accept !== '*/*' && !head.accept.includes('text/html')) return 'refuse'
  const from = URL.parse(rawHeader(request, 'referer') ?? '')?.origin
  return from === undefined || from === service.origin || origins.has(from) ? 'sign-out' : 'ask'
}
