import { isLoopbackHost } from '../loopback.ts'
import { parseStoreAddress, storeAddressProblem } from '../store-address.ts'
import { misreadReference, resolveSecret } from './secret-reference.ts'

const reference = /\$\{(?:env|file):[^}]+\}/g

/** What is wrong with the configured store, as far as we can tell before looking up its references. */
export function configuredStoreProblem(text: string): string | undefined {
  const known = text.replaceAll(reference, 'x')
  const foreign = /\$\{([^}]*)\}/.exec(known)?.[1]
  if (foreign !== undefined) return misreadReference(`\${${foreign}}`)
  const part = /[:/]((?:\$\(|\{\{|%|\$)[^@/]*)@/.exec(known)?.[1]
  const misread = part === undefined ? undefined : misreadReference(part)
  if (misread !== undefined) return misread
  // One reference and nothing else: the whole address is elsewhere.
  return known === 'x' ? undefined : storeAddressProblem(known)
}

/** Whether the address holds a password in plain text. */
export function hasPlainPassword(text: string): boolean {
  const password = /^postgres(?:ql)?:\/\/[^:@/]*:([^@]*)@/.exec(text.replaceAll(reference, ''))?.[1]
  return password !== undefined && password !== ''
}

/**
 * Whether the connection to the store is in clear text on a network. By default it is encrypted where the database can. What the references of an address say nobody knows before they are
 * looked up.
 */
export function storeIsOpen(text: string): boolean {
  const known = text.replaceAll(reference, 'x')
  if (known === 'x' || storeAddressProblem(known) !== undefined) return false
  const address = parseStoreAddress(known)
  if (address.kind !== 'postgres' || address.host.startsWith('/')) return false
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return !isLoopbackHost(host) && address.sslMode === 'disable'
}

/** Whether many servers may share the store. */
export function isSharedStore(text: string): boolean {
  return /^postgres(ql)?:/.test(text)
}

/**
 * The address with its references looked up. A reference that is the whole address is used as it is; within an address it is a part,
 * such as the password, and its special characters are escaped. Throws `secret-not-found`.
 */
export function resolveStoreAddress(
  text: string,
  surroundings: { env: Readonly<Record<string, string | undefined>>; baseDir: string },
): string {
  const reveal = (part: string) => resolveSecret(part, surroundings).reveal()
  if (text.replace(reference, '') === '') return reveal(text)
  return text.replaceAll(reference, (part) => encodeURIComponent(reveal(part)))
}
