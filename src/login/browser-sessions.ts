import { parseCookies, setCookie } from '../cookies.ts'
import { type Login, type LoginSessions, loginLifetime, type SignedInBy } from '../sessions/login-sessions.ts'
import type { Session } from '../store/sessions.ts'
import type { User } from '../store/users.ts'

/** The login session of a browser, by its cookie on the issuer's host. */
export interface BrowserSessions {
  current(cookieHeader: string | undefined): Promise<Login | undefined>
  /** Signs somebody in, replacing any previous person. Answers with the cookie to set. */
  start(
    user: User,
    via: SignedInBy,
    cookieHeader: string | undefined,
  ): Promise<{ session: Session; setCookie: string; replacedSomebodyElse: boolean }>
  forgetCookie(): string
}

export function createBrowserSessions({
  logins,
  secure,
}: {
  logins: Pick<LoginSessions, 'find' | 'start'>
  /** The issuer is https: Secure, and a `__Host-` name. */
  secure: boolean
}): BrowserSessions {
  const name = secure ? '__Host-gatehouse_login' : 'gatehouse_login'

  async function current(cookieHeader: string | undefined): Promise<Login | undefined> {
    const id = parseCookies(cookieHeader).get(name)
    return id === undefined ? undefined : logins.find(id)
  }

  return {
    current,
    start: async (user, via, cookieHeader) => {
      const before = await current(cookieHeader)
      const { id, session } = await logins.start(user, via, before)
      return {
        session,
        replacedSomebodyElse: before !== undefined && before.user.id !== user.id,
        setCookie: setCookie({ name, value: id, maxAge: loginLifetime / 1000, secure }),
      }
    },
    forgetCookie: () => setCookie({ name, value: '', maxAge: 0, secure }),
  }
}
