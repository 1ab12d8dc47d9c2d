import { basePathOf, signedOutUri } from '../config/addresses.ts'

/** The issuer, which never changes while the server runs. */
export interface Issuer {
  url: string
  origin: string
  /** Its path, without a slash at the end. */
  base: string
  /** It is https. */
  secure: boolean
  signedOutUrl: string
}

export function describeIssuer(url: string): Issuer {
  const { origin, protocol } = new URL(url)
  return { url, origin, base: basePathOf(url), secure: protocol === 'https:', signedOutUrl: signedOutUri(url) }
}
