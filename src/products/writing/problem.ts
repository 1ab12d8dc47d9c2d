import type { ProductProblem } from '../contract.ts'

export function error(path: ProductProblem['path'], message: string): ProductProblem {
  return { severity: 'error', path, message }
}

export function warning(path: ProductProblem['path'], message: string): ProductProblem {
  return { severity: 'warning', path, message }
}
