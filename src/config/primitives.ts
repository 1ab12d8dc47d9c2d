/** Texts, names and addresses that the parts of the schema are made of. */
import * as z from 'zod'
import { durationPattern, milliseconds } from '../duration.ts'
import { readEmail } from '../username.ts'
import { isPrivateUseUri } from './redirect-addresses.ts'
import { misreadReference } from './secret-reference.ts'
import { withoutUserinfo } from './shown-text.ts'

/**
 * Marks a setting whose value is secret, or may hold a secret. Nothing of it, nor of what is written in its place or below it, is ever shown
 * (`isSecretAt`); the JSON Schema says `writeOnly`.
 */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ writeOnly: true })
}

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
    { error: 'must be a DNS name or an IP address, without scheme, port or path', abort: true },
  )
  // `0777` would be called as 0.0.1.255: the reader of the file and the caller of the host must mean the same.
  .refine((text) => text.includes(':') || URL.parse(`https://${text}`)?.hostname === text.toLowerCase(), {
    error: 'must be a DNS name or an IP address in its usual form',
  })

export const port = z.int().min(1, 'must be 1 to 65535').max(65535, 'must be 1 to 65535')

export function isHttpUrl(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    // A lone surrogate is another character to whoever reads the address.
    text.isWellFormed()
  )
}

/** The format of an issue about an address: `describe-issue.ts` adds what may be shown of it. */
const httpUrlFormat = 'http_url'

export const httpUrl = z.string().superRefine((text, context) => {
  if (!isHttpUrl(text)) refuseAddress(text, context, 'must be an http or https URL')
})

function refuseAddress(text: string, context: z.RefinementCtx, what: string): void {
  const message = hasUserinfo(text) ? `${what} without user name and password` : what
  context.addIssue({ code: 'invalid_format', format: httpUrlFormat, message, input: text })
}

function hasUserinfo(text: string): boolean {
  return withoutUserinfo(text) !== text
}

/** An address people open: no query, no fragment, no trailing slash, so that paths can be appended. */
export const baseUrl = httpUrl.superRefine((text, context) => {
  if (/[?#]/.test(text)) context.addIssue({ code: 'custom', message: 'must have no query and no fragment' })
  else if (text.endsWith('/')) {
    const message = 'must have no slash at the end'
    context.addIssue({ code: 'custom', message, params: { meant: text.replace(/\/+$/, '') }, continue: false })
  }
})

export const networkMessage = 'must be an IP address or a network such as 10.0.0.0/8, and not everyone'

const durationMessage = 'must be a duration such as 500ms, 30s, 5m or 1h30m'
/** What a timer of Node takes: a longer one would fire at once. */
const longestDuration = 2 ** 31 - 1

/** A length of time: `30s`; `milliseconds` reads it. */
export const duration = z
  .string({ error: durationMessage })
  .regex(durationPattern, durationMessage)
  .refine((text) => milliseconds(text) <= longestDuration, 'must be at most 24d')

/** No control characters: a text in a file or a header must stay on its line. */
export const line = z
  .string()
  .regex(/^\P{Cc}*$/u, 'must not contain control characters or line breaks')
  .refine((text) => text.isWellFormed(), { error: 'is not well-formed Unicode: write it again' })
/** A domain of e-mail addresses. */
export const mailDomain = hostname.refine((text) => readEmail(`x@${text}`)?.domain === text, {
  error: 'must be a domain in lower case, such as example.com',
})
export const words = z.array(line.min(1))

const oneAddressOnly = 'must be one whole address: no `*`, no fragment, no `..` and no blanks'

function isOneAddress(text: string): boolean {
  return !/[*#\\\s\p{Cc}]|\/(?:\.|%2e){1,2}(?:[/?]|$)/iu.test(text) && text.isWellFormed()
}

/**
 * Where people are sent back to. It is compared to the letter, so a pattern would never match, and what a browser reads as another
 * address than it says is a trap (RFC 6749 section 3.1.2, RFC 9700 section 4.1).
 */
export const redirectUri = httpUrl.refine(isOneAddress, { error: oneAddressOnly })

/** The same, or an address of an app's own (RFC 8252 section 7.1). Which clients may have one is said elsewhere. */
export const returnUri = z
  .string()
  .superRefine((text, context) => {
    if (isHttpUrl(text) || isPrivateUseUri(text)) return
    const ofApps = /^(?!https?:)[a-z][a-z0-9+.-]*:/i.test(text)
      ? '; an app may have a scheme that is a domain name in reverse, such as com.example.app:/callback'
      : ''
    refuseAddress(text, context, `must be an http or https URL${ofApps}`)
  })
  .refine(isOneAddress, { error: oneAddressOnly })

export const secretText = secret(
  line.min(1).superRefine((text, context) => {
    const message = misreadReference(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  }),
).describe('A reference: `${env:NAME}` or `${file:/path}`. Relative files are looked up from the folder of this file.')
