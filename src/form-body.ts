import type { IncomingMessage } from 'node:http'
import { AppError } from './errors.ts'
import { readBody } from './request-body.ts'

/**
 * The fields of a posted form of at most `maxBytes`, in their order. Throws `invalid-request` for anything but
 * a form in UTF-8 of at most `maxFields` fields, and what `readBody` throws.
 */
export async function readFormBody(
  request: IncomingMessage,
  { maxBytes, maxFields }: { maxBytes: number; maxFields: number },
): Promise<URLSearchParams> {
  checkType(request.headers['content-type'] ?? '')
  const fields = new URLSearchParams(utf8(await readBody(request, maxBytes)))
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
