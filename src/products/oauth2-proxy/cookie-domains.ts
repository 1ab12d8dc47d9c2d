/** `cookie_domains`: oauth2-proxy compares the end of the host name with each, and browsers compare whole labels (RFC 6265 section 5.1.3). */
import { isIP } from 'node:net'
import type { ProductInput, ProductProblem } from '../contract.ts'
import { error, warning } from '../writing/problem.ts'

/** Domains below which people register their own, as far as their names show it. Browsers have a list of them, and refuse cookies for one. */
const publicSuffix = /^(?:[a-z]{2,}|(?:co|com|org|net|gov|edu|ac)\.[a-z]{2})$/

export function cookieDomainProblems({ product, options, path }: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const host = new URL(product.url).hostname.replace(/\.$/, '')
  const { cookieDomains } = options
  const at = [...path, 'oauth2-proxy', 'cookieDomains']
  // What is no domain at all is an error of its own (own-problems.ts).
  if (cookieDomains.length === 0 || cookieDomains.some((domain) => !isDomain(domain))) return []
  if (!cookieDomains.some((domain) => covers(domain, host))) {
    const listed = cookieDomains.join(', ')
    const message = `${listed} ${cookieDomains.length === 1 ? 'does' : 'do'} not cover ${host}, the host of url, so browsers refuse the cookie and nobody can sign in: write ${host} or a domain above it, or leave it out`
    return [error(at, message)]
  }
  return cookieDomains.flatMap((domain, index) => {
    const name = nameOf(domain)
    if (name === host || !publicSuffix.test(name)) return []
    const message = `is a domain below which anybody can have a name, so browsers refuse cookies for it: write the one of your organisation`
    return [warning('cookie-domain-useless', [...at, index], message)]
  })
}

function isDomain(text: string): boolean {
  return /^\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(text)
}

function covers(domain: string, host: string): boolean {
  const name = nameOf(domain)
  if (host === name) return true
  // An address has no domains above it.
  return isIP(host) === 0 && host.endsWith(`.${name}`)
}

function nameOf(domain: string): string {
  return domain.toLowerCase().replace(/^\./, '')
}
