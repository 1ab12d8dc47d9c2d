import type { PageContext } from './answers.ts'

/** A form of this origin. Requests without either header do not come from a browser that a foreign page could use. */
export function isSameOrigin(c: PageContext, origin: string): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const from = c.req.header('origin')
  return from === undefined || from === origin
}
