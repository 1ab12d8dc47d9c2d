import { readFormBody } from '../form-body.ts'
import type { PageContext } from './answers.ts'

const limits = { maxBytes: 16_384, maxFields: 64 }

/** The fields of a form. Throws `invalid-request`, `request-too-large` or `request-too-slow`. */
export async function readForm(c: PageContext): Promise<URLSearchParams> {
  return readFormBody(c.env.incoming, limits)
}
