/** Texts, names and addresses that the parts of the schema are made of. */
import { isIP } from 'node:net'
import * as z from 'zod'

export const name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be lower-case letters, digits and inner hyphens, at most 63 characters',
  )
  .describe('A name: lower-case letters, digits and inner hyphens.')

/** A name of Kubernetes (RFC 1123 subdomain): classes and secrets may come from there. */
export const dnsName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
    'must be lower-case letters, digits, inner hyphens and dots, at most 253 characters',
  )
  .describe('A name: lower-case letters, digits, inner hyphens and dots.')

export const hostname = z
  .string()
  .regex(
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\.?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/,
    'must be a DNS name or an IP address, without scheme, port or path',
  )
  // `0777` would be called as 0.0.1.255: the reader of the file and the caller of the host must mean the same.
  .refine((text) => text.includes(':') || URL.parse(`https://${text}`)?.hostname === text.toLowerCase(), {
    error: 'must be a DNS name or an IP address in its usual form',
  })

export const port = z.int().min(1, 'must be 1 to 65535').max(65535, 'must be 1 to 65535')

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === ''
  )
}

/** An address as messages and files may show it: the part before the `@` may be a password, even if the text is not an address at all. */
export function withoutUserinfo(address: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? URL.parse(address) : null
  if (url !== null && url.username === '' && url.password === '') return address
  const shown = address.replace(/^([^/]*:\/\/)[^/?#]*@/, '$1')
  return url === null || shown === address ? address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1') : shown
}

export const httpUrl = z.string().refine(isHttpUrl, {
  error: ({ input }) => {
    const text = String(input)
    const shown = withoutUserinfo(text)
    return shown === text
      ? `must be an http or https URL, but it is ${JSON.stringify(text)}`
      : `must be an http or https URL without user name and password, but it has something before the @ of ${JSON.stringify(shown)}`
  },
})

/** An address people open: no query, no fragment, no trailing slash, so that paths can be appended. */
export const baseUrl = httpUrl.refine((text) => !/[?#]/.test(text) && !text.endsWith('/'), {
  error: 'must have no query, no fragment and no trailing slash',
  abort: true,
})

/** `10.0.0.0/8` or an address; a prefix of 0 bits would be everyone. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (version === 4 ? 32 : 128))
  )
}

/** No control characters: a text in a file or a header must stay on its line. */
export const line = z
  .string()
  .regex(/^\P{Cc}*$/u, 'must not contain control characters or line breaks')
  .refine((text) => text.isWellFormed(), { error: 'is not well-formed Unicode: write it again' })
export const words = z.array(line.min(1))

export const secretText = line
  .min(1)
  .describe('A reference: `${env:NAME}` or `${file:/path}`. Relative files are looked up from the folder of this file.')
