/**
 * What pages for people have in common: layout, style, languages, headers, forms and answers. The pages themselves are in
 * login/. This part knows no user and no session.
 */
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { pageHeaders } from './headers.ts'
import type { Look } from './look.ts'

/**
 * `traceId` names the trace of a sign-in that begins with this request: never a name that somebody else chose. `back` is the address to
 * which an error page leads. `look` is what pages for this request are made with.
 */
export type Environment = {
  Bindings: HttpBindings
  Variables: { requestId: string; traceId: string; look: Look; back?: string }
}
export type PageContext = Context<Environment>

/** Answers with a page. `formTargets` are origins, besides our own, to which its forms may lead; `script` is its only script. */
export function show(
  c: PageContext,
  page: string,
  {
    status = 200,
    formTargets = [],
    script,
    look = c.get('look'),
  }: { status?: number; formTargets?: readonly string[]; script?: string | undefined; look?: Look } = {},
): Response {
  for (const [name, value] of Object.entries(pageHeaders(look, { formTargets, script }))) c.header(name, value)
  return c.body(page, status as 200)
}

/** 303 after a form (RFC 9700 section 4.12): the browser must not send the password on. */
export function go(c: PageContext, location: string): Response {
  c.header('cache-control', 'no-store')
  c.header('referrer-policy', 'no-referrer')
  return c.redirect(location, 303)
}
