/**
 * The pages that people see: choose a way in, password, callback, consent, sign-out, error. It owns the cookies of the issuer's host and
 * the login session; provider/ speaks to products, connectors/ to identity providers.
 */
import { Hono } from 'hono'
import { AppError, asAppError } from '../errors.ts'
import { newRequestId } from '../http.ts'
import { recordOf, requestIdOf } from '../request-record.ts'
import type { Environment } from '../web/answers.ts'
import { isSameOrigin } from '../web/csrf.ts'
import { languageParameter } from '../web/look.ts'
import { createDesk, type LoginOptions, type Routes } from './desk.ts'
import { beginningPaths, begunElsewhereRoutes } from './routes/begun-elsewhere.ts'
import { brandRoutes } from './routes/brand.ts'
import { handoffRoutes } from './routes/handoff.ts'
import { homeRoutes } from './routes/home.ts'
import { interactionRoutes } from './routes/interaction.ts'
import { ownSecondFactorRoutes } from './routes/own-second-factor.ts'
import { passkeyRoutes } from './routes/passkeys.ts'
import { passwordRoutes } from './routes/password.ts'
import { redirectRoutes } from './routes/redirect.ts'
import { resetRoutes } from './routes/reset.ts'
import { secondFactorRoutes } from './routes/second-factor.ts'
import { setupRoutes } from './routes/setup.ts'
import { signOutRoutes } from './routes/sign-out.ts'

const routes: readonly Routes[] = [
  homeRoutes,
  passwordRoutes,
  redirectRoutes,
  begunElsewhereRoutes,
  interactionRoutes,
  handoffRoutes,
  signOutRoutes,
  setupRoutes,
  brandRoutes,
  resetRoutes,
  secondFactorRoutes,
  ownSecondFactorRoutes,
  passkeyRoutes,
]

/** Where the form of a provider may come to. It is answered with a form of ours. */
const answerPaths = [/^\/callback\/[^/]+$/, /^\/v1\/oauth\/(?:redirect|callback)\/$/]

/** The methods for which there is a page at the path. What runs before every page matches all methods. */
function methodsAt(app: Hono<Environment>, path: string): string[] {
  const handlers = (method: string) => app.router.match(method, path)[0].length
  const found = ['GET', 'POST'].filter((method) => handlers(method) > handlers('OPTIONS'))
  return found.includes('GET') ? ['GET', 'HEAD', ...found.slice(1)] : found
}

/** The pages as a Hono app; paths are below the issuer's path. */
export function createLogin(options: LoginOptions): Hono<Environment> {
  const { config } = options
  const { origin } = new URL(config.issuer)
  const desk = createDesk(options)
  const app = new Hono<Environment>()

  app.use(async (c, next) => {
    const requestId = requestIdOf(c.env.incoming)
    c.set('requestId', requestId)
    c.set('traceId', recordOf(c.env.incoming).given ? newRequestId() : requestId)
    c.header('x-request-id', c.get('requestId'))
    // Whatever the answer: it depends on who asks, or is good once.
    c.header('cache-control', 'no-store')
    c.header('x-content-type-options', 'nosniff')
    const { pathname, searchParams, search } = new URL(c.req.url)
    c.set('look', options.looks.of(c.env.incoming, { here: desk.base + pathname + search }))
    const language = c.req.method === 'GET' ? searchParams.get(languageParameter) : null
    const chosen = language === null ? undefined : options.looks.choose(language)
    if (chosen !== undefined) {
      searchParams.delete(languageParameter)
      c.header('set-cookie', chosen)
      // A whole address: a path such as `//elsewhere` would be one of another host.
      return c.redirect(`${config.issuer}${pathname}${searchParams.size === 0 ? '' : `?${searchParams}`}`, 303)
    }
    const isOpen = beginningPaths.includes(c.req.path) || answerPaths.some((path) => path.test(c.req.path))
    if (c.req.method === 'POST' && !isOpen && !isSameOrigin(c, origin)) throw new AppError('cross-site-request')
    return next()
  })
  app.onError(async (error, c) => {
    const known = asAppError(error)
    await desk.tellFailure(c, known, { traceId: c.get('traceId') })
    return desk.showError(c, known, c.get('requestId'))
  })
  app.notFound((c) => {
    const allowed = methodsAt(app, c.req.path)
    const error = new AppError(allowed.length === 0 ? 'not-found' : 'method-not-allowed')
    if (allowed.length > 0) c.header('allow', allowed.join(', '))
    recordOf(c.env.incoming).refusal = error
    return desk.showError(c, error, c.get('requestId'))
  })
  for (const register of routes) register(app, desk)
  return app
}
