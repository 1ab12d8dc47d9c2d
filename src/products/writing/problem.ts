import type { WarningCode } from '../../config/warning-codes.ts'
import type { ProductError, ProductProblem } from '../contract.ts'

export function error(path: ProductProblem['path'], message: string): ProductError {
  return { severity: 'error', path, message }
}

/** Something that people should look at; they can acknowledge it by code and place. Without a code of its own it has that of all others. */
export function warning(code: WarningCode, path: ProductProblem['path'], message: string): ProductProblem
export function warning(path: ProductProblem['path'], message: string): ProductProblem
export function warning(
  ...said: [WarningCode, ProductProblem['path'], string] | [ProductProblem['path'], string]
): ProductProblem {
  const [code, path, message] = said.length === 3 ? said : (['product-limit', ...said] as const)
  return { severity: 'warning', code, path, message }
}
