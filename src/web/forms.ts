import { AppError } from '../errors.ts'
import type { PageContext } from './answers.ts'

const maxFormLength = 16_384

/** The fields of a form. Throws `invalid-request` or `request-too-large`. */
export async function readForm(c: PageContext): Promise<URLSearchParams> {
  if (!c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded')) {
    throw new AppError('invalid-request', { contentType: 'must be application/x-www-form-urlencoded' })
  }
  if (Number(c.req.header('content-length') ?? 0) > maxFormLength) throw new AppError('request-too-large')
  const text = await c.req.text()
  if (text.length > maxFormLength) throw new AppError('request-too-large')
  return new URLSearchParams(text)
}
