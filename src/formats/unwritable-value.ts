/** Never thrown for a checked configuration: `products/checks/` refuses what a format cannot hold. */
export class UnwritableValue extends Error {
  override readonly name = 'UnwritableValue'
}
