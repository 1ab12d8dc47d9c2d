/**
 * An issuer is a text, compared letter by letter (OpenID Connect Core 1.0 section 3.1.3.7, Discovery 1.0 section 4.3). What is derived from one
 * is derived here, so that a slash at its end is neither lost nor doubled.
 */

/** An address below an issuer, which may end in a slash: `below('https://host/x/', 'token')` is `https://host/x/token`. */
export function below(issuer: string, path: string): string {
  return `${withoutSlashes(issuer)}/${path}`
}

/** Address of the discovery document (Discovery 1.0 section 4.1): appended after the slash at the end of the issuer is removed. */
export function discoveryUrlOf(issuer: string): string {
  return below(issuer, '.well-known/openid-configuration')
}

const wellKnown = /\.well-known\/(?:openid-configuration|oauth-authorization-server|jwks(?:\.json)?)|\.well-known\/?$/i

/**
 * The issuer (or its path) of the address of a document, appended (Discovery 1.0 section 4.1) or put between host and path (RFC 8414 section
 * 3.1); any other address stays as it is. Whether the issuer ends in a slash is not in it.
 */
export function issuerOfDocument(address: string): string {
  const found = wellKnown.exec(address)
  if (!found) return address
  const before = withoutSlashes(address.slice(0, found.index))
  const path = address.slice(found.index + found[0].length)
  return withoutSlashes(path) === '' ? before || '/' : before + path
}

function withoutSlashes(text: string): string {
  let end = text.length
  while (text[end - 1] === '/') end--
  return text.slice(0, end)
}

/** The issuer with the slash at its end if it has none, else without it. Both spellings have one discovery document, so they are one provider. */
export function otherSpelling(issuer: string): string {
  return issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`
}

/** Whether it stands for many tenants, as Entra's `https://login.microsoftonline.com/{tenantid}/v2.0`: no token has it. */
export function isTenantTemplate(issuer: string): boolean {
  return /\{tenantid\}|%7Btenantid%7D/i.test(issuer)
}

/** Whether two issuers are the same URL, or differ by one slash at the end only. Tokens are compared with one of them, never with both. */
export function isSameProvider(one: string, other: string): boolean {
  if (one === other || otherSpelling(one) === other) return true
  const [a, b] = [URL.parse(one)?.href, URL.parse(other)?.href]
  return a !== undefined && b !== undefined && (a === b || otherSpelling(a) === b)
}

const placeOfTenant = /\{tenantid\}|%7Btenantid%7D/gi

/** The issuer of one tenant, where an issuer stands for many. */
export function issuerOfTenant(template: string, tenant: string): string {
  return template.replace(placeOfTenant, tenant)
}

/** Whether a template is published at the address of an issuer with a word for many tenants: `/common/v2.0` for `/{tenantid}/v2.0`. */
export function isTemplateOf(template: string, issuer: string): boolean {
  return ['common', 'organizations'].some((word) => isSameProvider(issuerOfTenant(template, word), issuer))
}
