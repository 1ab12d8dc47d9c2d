/** Names of headers that a service may add to those that the gate removes, or keep of them. */
import { foldHeaderName, headerList, isTrustedHeader, toldByTheGate } from '../trusted-headers.ts'
import { line } from './primitives.ts'

const headerName = /^[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*$/
const headerNames = /^[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*(?:[-_.]?\*)?$/

/** Without them there is no request, no body or no websocket. */
const framing =
  /^(?:connection|content-length|content-type|host|keep-alive|sec-websocket-.*|te|trailer|transfer-encoding|upgrade)$/

const told = new Set(toldByTheGate.map(foldHeaderName))

export const removedHeader = line
  .regex(headerNames, 'must be the name of a header, or the beginning of names with `*` behind it')
  .refine((text) => !framing.test(foldHeaderName(text)) && !framingBegins(text), {
    error: 'is needed to forward any request: remove another header',
  })

export const keptHeader = line
  .regex(headerName, 'must be the full name of a header')
  .refine((text) => !told.has(foldHeaderName(text)), {
    error: 'is what the gate itself tells the service, so no client may send it',
  })
  .refine((text) => isTrustedHeader(foldHeaderName(text)), {
    error: 'passes anyway: only headers that the gate removes can be kept',
  })

/** `Content-*` would take the length along. */
function framingBegins(text: string): boolean {
  if (!text.endsWith('*')) return false
  const begin = foldHeaderName(text)
  return [
    'connection',
    'content-length',
    'content-type',
    'host',
    'sec-websocket-key',
    'transfer-encoding',
    'upgrade',
  ].some((name) => name.startsWith(begin))
}

/** Whether a list of `removeHeaders` names one of the headers. */
export function removesOneOf(names: readonly string[], removed: readonly string[]): boolean {
  return names.map(foldHeaderName).some(headerList(removed))
}
