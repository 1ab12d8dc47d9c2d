import type { PageContext } from './answers.ts'

/** Whether a form comes from this origin. A request without either header is not from a browser that another site could abuse. */
export function isSameOrigin(c: PageContext, origin: string): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const from = c.req.header('origin')
  return from === undefined || from === origin
}
