import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { AppError } from '../errors.ts'
import { pageHeaders } from './layout.ts'

export type Environment = { Bindings: HttpBindings; Variables: { requestId: string } }
export type LoginContext = Context<Environment>

/** Answers with a page. */
export function show(
  c: LoginContext,
  page: string,
  { status = 200, formTargets = [] }: { status?: number; formTargets?: readonly string[] } = {},
): Response {
  for (const [name, value] of Object.entries(pageHeaders(formTargets))) c.header(name, value)
  return c.body(page, status as 200)
}

/** 303 after a form (RFC 9700 section 4.12): the browser must not send the password on. */
export function go(c: LoginContext, location: string): Response {
  c.header('cache-control', 'no-store')
  c.header('referrer-policy', 'no-referrer')
  return c.redirect(location, 303)
}

/** A form of this origin. Requests without either header do not come from a browser that a foreign page could use. */
export function isSameOrigin(c: LoginContext, origin: string): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const from = c.req.header('origin')
  return from === undefined || from === origin
}

const maxFormLength = 16_384

/** The fields of a form. Throws `invalid-request` or `request-too-large`. */
export async function readForm(c: LoginContext): Promise<URLSearchParams> {
  if (!c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded')) {
    throw new AppError('invalid-request', { contentType: 'must be application/x-www-form-urlencoded' })
  }
  if (Number(c.req.header('content-length') ?? 0) > maxFormLength) throw new AppError('request-too-large')
  const text = await c.req.text()
  if (text.length > maxFormLength) throw new AppError('request-too-large')
  return new URLSearchParams(text)
}

/** An IPv6 subscriber has a /64: counting single addresses would count nothing. */
export function networkOf(address: string): string {
  return address.includes(':') ? address.split(':').slice(0, 4).join(':') : address
}
