import type { ProductInput } from '../contract.ts'

/** The groups in a setting of the product, and those that `roles` names. */
export function groupsThatGetIn({ product }: Pick<ProductInput, 'product'>, setting: readonly string[]): string[] {
  return [...new Set([...setting, ...Object.keys(product.roles)])]
}
