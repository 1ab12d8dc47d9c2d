import type { IncomingMessage } from 'node:http'
import { digest } from '../store/digest.ts'

/** A client with its secret, if it has one. */
interface Client {
  client_id: string
  client_secret?: string | undefined
}

/** What another reading may make of: `+` and `%` are decoded, and the first colon ends the id. */
const hasReadings = /[+%]|:.*:/s

/**
 * Lets clients send `client_secret_basic` as it is: RFC 6749 section 2.3.1 encodes id and secret like fields of a form before they are
 * joined, and many libraries join them as they are, so that a `+` would be read as a blank. The header of a request whose raw pair is that of
 * a client becomes the encoded one; every other header stays, and is one wrong secret. Pairs are compared by their digests: how long
 * that takes says nothing of a secret.
 */
export function createBasicCredentials(clients: readonly Client[]): (request: IncomingMessage) => void {
  const encoded = new Map<string, string>()
  for (const { client_id: id, client_secret: secret } of clients) {
    if (secret !== undefined) encoded.set(digest(`${id}:${secret}`), encodedPair(id, secret))
  }

  return ({ headers }) => {
    const pair = pairOf(headers.authorization)
    if (pair === undefined || !hasReadings.test(pair)) return
    const known = encoded.get(digest(pair))
    if (known !== undefined) headers.authorization = `Basic ${known}`
    // Raw, and wrong: a client with a wrong secret, and no request that cannot be read.
    else if (!isEncoded(pair)) headers.authorization = `Basic ${encodedPair(...splitPair(pair))}`
  }
}

function pairOf(authorization = ''): string | undefined {
  const [, text] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? []
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8')
}

function splitPair(pair: string): [id: string, secret: string] {
  const colon = pair.indexOf(':')
  return colon < 0 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)]
}

function encodedPair(id: string, secret: string): string {
  return Buffer.from([id, secret].map(encodeURIComponent).join(':')).toString('base64')
}

function isEncoded(pair: string): boolean {
  try {
    decodeURIComponent(pair)
    return true
  } catch {
    return false
  }
}
