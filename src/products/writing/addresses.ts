/** Addresses in the settings of products: characters, encryption, loopback. */
import { isLoopbackHost } from '../../loopback.ts'
import type { ProductInput, ProductProblem } from '../contract.ts'
import { error } from './problem.ts'

/** Characters of a URI (RFC 3986 section 2). Products rewrite or cut off others in different ways, so that addresses differ. */
const uri = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/

/** An error for an address that contains other characters. */
export function addressProblem(at: ProductProblem['path'], address: string): ProductProblem[] {
  if (uri.test(address)) return []
  return [
    error(
      at,
      `${JSON.stringify(address)} contains characters that no address may have (RFC 3986): percent-encode them`,
    ),
  ]
}

/** The error of a kind that refuses a `url` without TLS, with the reason. */
export function plainUrlError(
  { product, path }: ProductInput,
  why: string,
  where = 'at a proxy in front or in the product itself',
): ProductProblem {
  return error([...path, 'url'], `${why}, but url is ${product.url}: write https, with TLS ${where}`)
}

/** Whether nothing leaves the machine. */
export function isLoopback(address: string): boolean {
  return isLoopbackHost(URL.parse(address)?.hostname ?? '')
}
