import { AppError } from '../errors.ts'
import { readBody } from '../request-body.ts'
import type { PageContext } from './answers.ts'

const maxFormBytes = 16_384
const maxFields = 64

/** The fields of a form. Throws `invalid-request`, `request-too-large` or `request-too-slow`. */
export async function readForm(c: PageContext): Promise<URLSearchParams> {
  const { incoming } = c.env
  checkType(incoming.headers['content-type'] ?? '')
  const text = utf8(await readBody(incoming, maxFormBytes))
  const fields = new URLSearchParams(text)
  if (fields.size > maxFields) throw new AppError('invalid-request', { fields: `must be at most ${maxFields}` })
  return fields
}

/** WHATWG forms are UTF-8; another charset would make another name of the same bytes. */
function checkType(contentType: string): void {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';')
  if (type.trim() !== 'application/x-www-form-urlencoded')
    throw new AppError('invalid-request', { contentType: 'must be application/x-www-form-urlencoded' })
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='))
  if (charset !== undefined && charset.replaceAll('"', '') !== 'charset=utf-8')
    throw new AppError('invalid-request', { contentType: 'must have the charset utf-8, or none' })
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new AppError('invalid-request', { body: 'must be UTF-8' }, { cause })
  }
}
