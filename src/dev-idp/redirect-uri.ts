import { isLoopbackHost } from '../loopback.ts'

/** Whether a redirect URI points at the machine itself: `localhost`, `*.localhost`, 127.0.0.0/8 or [::1], any port and path. */
export function isLoopbackUri(text: string): boolean {
  const url = URL.parse(text)
  // A backslash or a user name makes readers disagree about which part is the host.
  if (url === null || /[\\\s#]/.test(text) || url.username !== '' || url.password !== '') return false
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false
  return isLoopbackHost(url.hostname)
}

/** Registered URIs are compared letter by letter (RFC 9700 section 2.1); without a list any on loopback is accepted. */
export function isRedirectUriAllowed(uri: string, registered: readonly string[] | undefined): boolean {
  return registered === undefined ? isLoopbackUri(uri) : registered.includes(uri)
}

/** After sign-out any page of a registered application will do, as with Keycloak's `https://app.example/*`. */
export function isPostLogoutUriAllowed(uri: string, registered: readonly string[] | undefined): boolean {
  if (registered === undefined) return isLoopbackUri(uri)
  const origin = URL.parse(uri)?.origin
  return registered.some((other) => URL.parse(other)?.origin === origin)
}
