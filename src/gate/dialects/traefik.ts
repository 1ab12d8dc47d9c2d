import type { Dialect } from './dialect.ts'

/**
 * Traefik's ForwardAuth: it sets X-Forwarded-Method, -Host and -Uri itself, over what the client sent, and passes every answer that is
 * not 2xx to the client as it is. Traefik passes on the client's X-Original-URL, so we ignore it.
 */
export const traefik: Dialect = {
  prefix: '/oauth2/auth/traefik',
  takesRest: false,
  signIn: 'redirect',
  passesErrors: true,
  original({ head: { forwardedHost, forwardedUri, forwardedMethod } }) {
    if (forwardedHost === '' || forwardedUri === '' || forwardedMethod === '') {
      return { problem: 'Send X-Forwarded-Host, X-Forwarded-Uri and X-Forwarded-Method, as ForwardAuth does.' }
    }
    return { host: forwardedHost, target: forwardedUri, method: forwardedMethod }
  },
}
