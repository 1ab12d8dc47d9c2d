import type { ExpectedVariable } from '../contract.ts'

/**
 * The Secret of Kubernetes that holds a variable of a product. Those of `secrets` keep their names, so that existing Secrets are
 * found; the others are named after the product.
 */
export function secretKeyOf(product: string, { name, from, derived }: ExpectedVariable): { name: string; key: string } {
  if (from) return { name: from.secretName, key: from.key }
  return derived
    ? { name: clientSecretName(product), key: 'clientSecret' }
    : { name: `${product}-environment`, key: name }
}

/** The Secret of a client of Gatehouse itself, which has no entry under `secrets`. */
export function clientSecretName(product: string): string {
  return `${product}-client`
}
