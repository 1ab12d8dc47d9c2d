/** The error pages for everything that login/ does not answer itself. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { type AppError, asAppError } from '../errors.ts'
import type { ErrorPage } from '../gate/answers.ts'
import { type Answer, sendAnswer, sendError, wantsPage } from '../http.ts'
import { own } from '../maps.ts'
import { recordOf, requestIdOf } from '../request-record.ts'
import { copyScript, type ErrorContent, errorPage } from '../web/error-page.ts'
import { pageHeaders } from '../web/headers.ts'
import { filled } from '../web/languages/filling.ts'
import type { Look, Looks } from '../web/look.ts'

export interface ErrorPages {
  /** For a product whose request must not be answered with a redirect; leads back to the product. */
  ofProvider(error: AppError, product: { title: string; url: string } | undefined, request: IncomingMessage): Answer
  /** For a service behind the gate. */
  ofService: ErrorPage
  /** For every other request: a page for people, JSON for programs. An answer that has begun is only ended. */
  refuse(request: IncomingMessage, response: ServerResponse, cause: unknown): void
}

export function createErrorPages({
  issuer,
  services,
  looks,
  clock,
}: {
  issuer: string
  services: Config['services']
  looks: Pick<Looks, 'of'>
  clock: Clock
}): ErrorPages {
  return {
    ofProvider: (error, product, request) => {
      const requestId = requestIdOf(request)
      recordOf(request).refusal = error
      const look = looks.of(request)
      const title = product && filled(look.texts.failure.backTo, { application: product.title })
      // An application that nobody knows is no place to go back to.
      const home = { href: `${issuer}/`, title: look.texts.failure.applications }
      const back = product && title !== undefined ? { href: product.url, title } : home
      const { status, headers, body } = answer(look, error, requestId, { back, application: product?.title })
      return { status, headers: { ...headers, 'x-request-id': requestId }, body }
    },

    ofService: ({ error, request, response, signInHref }) => {
      const requestId = requestIdOf(request)
      recordOf(request).refusal = error
      const look = looks.of(request)
      sendAnswer(response, answer(look, error, requestId, aboutService(look, error, signInHref || undefined)))
    },

    refuse: (request, response, cause) => {
      const error = asAppError(cause)
      const requestId = requestIdOf(request)
      recordOf(request).refusal = error
      if (response.headersSent) response.destroy()
      else if (wantsPage(request)) {
        const look = looks.of(request)
        sendAnswer(response, answer(look, error, requestId, aboutService(look, error, undefined)))
      } else sendError(response, error, requestId)
    },
  }

  function answer(
    look: Look,
    error: AppError,
    requestId: string,
    about: Omit<ErrorContent, 'error' | 'requestId' | 'at'>,
  ): Answer {
    const body = errorPage(look, { error, requestId, at: new Date(clock.now()), ...about })
    return { status: error.status, headers: pageHeaders(look, { script: copyScript }), body }
  }

  /** What the page says about the service, from the details of the gate. */
  function aboutService({ texts }: Look, { code, details }: AppError, signInHref: string | undefined) {
    const name = typeof details['service'] === 'string' ? details['service'] : undefined
    const service = name === undefined ? undefined : own(services, name)
    const application = service?.title ?? name
    if (code !== 'access-denied') {
      const title = texts.failure.startAgain
      return { application, back: signInHref === undefined ? undefined : { href: signInHref, title } }
    }
    const denied = {
      user: String(details['user']),
      openTo: Array.isArray(details['openTo']) ? details['openTo'].map(String) : [],
      someoneElseHref: signInHref ?? '/oauth2/start?prompt=login',
      frontPage: details['frontPageOpen'] === true ? service?.url : undefined,
    }
    return { application, back: undefined, denied }
  }
}
