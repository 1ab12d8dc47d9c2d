import { parseCookies, setCookie } from '../cookies.ts'
import {
  type Browser,
  type Login,
  type LoginSessions,
  loginLifetime,
  type SignedInBy,
} from '../sessions/login-sessions.ts'
import type { Origin } from '../store/audit.ts'
import { randomId } from '../store/digest.ts'
import type { Session } from '../store/sessions.ts'
import type { User } from '../store/users.ts'

/** The login session of a browser, by its cookies on the issuer's host. */
export interface BrowserSessions {
  /** Whether the browser has the cookie of a login session, live or not. */
  hasCookie(cookieHeader: string | undefined): boolean
  current(cookieHeader: string | undefined): Promise<Login | undefined>
  /**
   * The cookie that names the browser, when it has none yet. It proves nothing: it says which sessions a new one replaces, so that
   * a browser that signs in twice at once has one session afterwards, and sign-out ends sessions whose cookie was lost.
   */
  name(cookieHeader: string | undefined): string[]
  /** Signs somebody in, replacing any previous person. Answers with the cookies to set. */
  start(
    user: User,
    via: SignedInBy,
    cookieHeader: string | undefined,
  ): Promise<{ session: Session; setCookies: string[] }>
  /** Ends every session of the browser, also one whose own cookie was lost. */
  end(cookieHeader: string | undefined, origin?: Origin): Promise<void>
  forgetCookie(): string
}

export function createBrowserSessions({
  logins,
  secure,
  started = () => {},
}: {
  logins: Pick<LoginSessions, 'find' | 'start' | 'endOfBrowser'>
  /** The issuer is https: Secure, and `__Host-` names. */
  secure: boolean
  /** Hears of every sign-in, by its authentication class. */
  started?: (authenticationClass: string) => void
}): BrowserSessions {
  const prefix = secure ? '__Host-' : ''
  const loginCookie = `${prefix}gatehouse_login`
  const nameCookie = `${prefix}gatehouse_browser`
  const maxAge = loginLifetime / 1000
  // The cookie outlives the session: who comes back the next morning is told that it has ended.
  const loginCookieAge = maxAge + 7 * 24 * 3600

  /** What the browser holds; a new name when it has none. */
  function browserOf(cookieHeader: string | undefined): Browser {
    const cookies = parseCookies(cookieHeader)
    const name = cookies.get(nameCookie)
    return { sessionId: cookies.get(loginCookie), name: name?.length === 43 ? name : randomId() }
  }

  return {
    hasCookie: (cookieHeader) => parseCookies(cookieHeader).has(loginCookie),
    current: async (cookieHeader) => {
      const id = parseCookies(cookieHeader).get(loginCookie)
      return id === undefined ? undefined : logins.find(id)
    },
    name: (cookieHeader) => {
      const named = parseCookies(cookieHeader).has(nameCookie)
      return named ? [] : [setCookie({ name: nameCookie, value: randomId(), maxAge, secure })]
    },
    start: async (user, via, cookieHeader) => {
      const browser = browserOf(cookieHeader)
      const { id, session } = await logins.start(user, via, browser)
      started(via.authenticationClass)
      return {
        session,
        setCookies: [
          setCookie({ name: loginCookie, value: id, maxAge: loginCookieAge, secure }),
          setCookie({ name: nameCookie, value: browser.name, maxAge, secure }),
        ],
      }
    },
    end: (cookieHeader, origin) => logins.endOfBrowser(browserOf(cookieHeader), origin),
    forgetCookie: () => setCookie({ name: loginCookie, value: '', maxAge: 0, secure }),
  }
}
