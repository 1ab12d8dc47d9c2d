import { commonProblems } from './checks.ts'
import type {
  ConfigForProducts,
  ExpectedVariable,
  ProductDescription,
  ProductInput,
  ProductProblem,
  RenderedFile,
  Rendering,
} from './contract.ts'
import { products } from './index.ts'
import { registrationFiles } from './register.ts'
import { resolveProduct } from './resolve.ts'
import { secretsExample } from './secrets-example.ts'

export interface RenderedProduct {
  /** Undefined when a problem is an error. */
  files: RenderedFile[] | undefined
  /** What the files expect in the environment of the product. */
  variables: readonly ExpectedVariable[]
  problems: ProductProblem[]
}

/** The files of one product of a checked configuration, or what is in the way. */
export function renderProduct(config: ConfigForProducts, name: string): RenderedProduct {
  const input = resolveProduct(config, name)
  const description = products[input.product.product]
  const common = commonProblems(input, description)
  // What a kind says of its own builds on what all share: a second error about the same class would only confuse.
  const own = blocked(common) ? [] : description.problems(input)
  const problems = [...common, ...own]
  if (blocked(problems)) return { files: undefined, variables: [], problems }
  const rendering = description.render(input)
  return { files: allFiles(input, description, rendering), variables: rendering.variables, problems }
}

function blocked(problems: readonly ProductProblem[]): boolean {
  return problems.some(({ severity, keepsFiles }) => severity === 'error' && !keepsFiles)
}

function allFiles(
  input: ProductInput,
  description: ProductDescription,
  { files, variables, notes }: Rendering,
): RenderedFile[] {
  return [...files, ...registrationFiles(input, description, notes), secretsExample(variables)]
}
