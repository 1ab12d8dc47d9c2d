import type { ExpectedVariable } from '../contract.ts'

/**
 * The Secret of Kubernetes that holds a variable of a product. Those of `secrets` keep their names, so that existing Secrets are
 * found; the others are named after the product.
 */
export function secretKeyOf(product: string, { name, from, derived }: ExpectedVariable): { name: string; key: string } {
  if (from) return { name: withoutEmptyLabels(from.secretName), key: isSecretKey(from.key) ? from.key : name }
  return derived
    ? { name: clientSecretName(product), key: 'clientSecret' }
    : { name: `${product}-environment`, key: name }
}

/** RFC 1123: each part of a name begins and ends with a letter or a digit. */
function withoutEmptyLabels(name: string): string {
  return name.replace(/[.-]*\.[.-]*/g, '.')
}

/** What Kubernetes takes as a key. A name such as alice@example.com, which accounts may have, is none. */
function isSecretKey(key: string): boolean {
  return /^[-._a-zA-Z0-9]{1,253}$/.test(key) && key !== '.' && key !== '..'
}

/** The Secret of a client of Gatehouse itself, which has no entry under `secrets`. */
export function clientSecretName(product: string): string {
  return `${product}-client`
}
