import type { ConfigForProducts, ProductProblem, RenderedFile } from './contract.ts'
import { products } from './index.ts'
import { resolveProduct } from './resolve.ts'

export interface RenderedProduct {
  /** Undefined when a problem is an error. */
  files: RenderedFile[] | undefined
  problems: ProductProblem[]
}

/** The files of one product of a checked configuration, or what is in the way. */
export function renderProduct(config: ConfigForProducts, name: string): RenderedProduct {
  const input = resolveProduct(config, name)
  const { problems: check, render } = products[input.product.product]
  const problems = check(input)
  const blocked = problems.some(({ severity }) => severity === 'error')
  return { files: blocked ? undefined : render(input), problems }
}
