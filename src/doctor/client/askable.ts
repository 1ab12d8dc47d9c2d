/** A discovery document must not send us from https to http, nor from one plain host to another. */
export function isAskable(endpoint: string, issuer: string): boolean {
  const [target, base] = [URL.parse(endpoint), URL.parse(issuer)]
  if (!target || !base) return false
  if (target.protocol === 'https:') return true
  return target.protocol === 'http:' && base.protocol === 'http:' && target.hostname === base.hostname
}
