import type { IncomingMessage } from 'node:http'
import { readBody } from '../request-body.ts'

/** The fields of a form that was posted; nothing of one that is larger than 64 KiB. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const body = await readBody(request, 65_536).catch(() => Buffer.alloc(0))
  return new URLSearchParams(body.toString('utf8'))
}

/** What was posted as JSON; undefined for what is none, or is larger than 64 KiB. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, 65_536).catch(() => Buffer.alloc(0))
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined // The API says what is missing.
  }
}
