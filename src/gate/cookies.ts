/**
 * The value of a cookie, read without taking the header apart: nothing is allocated but the value.
 *
 * @param header the `Cookie` header; several are joined by `; `.
 * @returns undefined when it is absent, and also when two have the name: a sub-domain may have planted one of them (RFC 6265, 8.6),
 *   and nobody can tell which.
 */
export function cookieValue(header: string, name: string): string | undefined {
  const at = findCookie(header, name, 0)
  if (at < 0) return undefined
  const start = at + name.length + 1
  if (findCookie(header, name, start) >= 0) return undefined
  const semicolon = header.indexOf(';', start)
  return semicolon < 0 ? header.slice(start) : header.slice(start, semicolon)
}

/** Where `name=` begins at or after `from`, as the name of a cookie and not as a part of another name or value. */
function findCookie(header: string, name: string, from: number): number {
  for (let at = header.indexOf(name, from); at >= 0; at = header.indexOf(name, at + 1)) {
    if (header.charCodeAt(at + name.length) !== equals) continue
    if (beginsCookie(header, at)) return at
  }
  return -1
}

function beginsCookie(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && isBlank(header.charCodeAt(before))) before--
  return before < 0 || header.charCodeAt(before) === semicolonCode
}

/** Whether it has the form of 256 random bits in base64url. Anything else is not looked up anywhere. */
export function isSessionId(value: string): boolean {
  if (value.length !== 43) return false
  for (let at = 0; at < 43; at++) {
    const code = value.charCodeAt(at)
    const letter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
    if (!letter && !(code >= 0x30 && code <= 0x39) && code !== 0x2d && code !== 0x5f) return false
  }
  return true
}

const equals = 0x3d
const semicolonCode = 0x3b

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
