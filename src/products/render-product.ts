import type { ProductKind } from '../config/schema.ts'
import { UnwritableValue } from '../formats.ts'
import { commonProblems } from './checks/common-problems.ts'
import { sharedClientProblems } from './checks/shared-clients.ts'
import type {
  ConfigForProducts,
  ExpectedVariable,
  ProductDescription,
  ProductInput,
  ProductProblem,
  RenderedFile,
} from './contract.ts'
import { unknownFileProblems } from './extra/files.ts'
import { extraPath, extraVariables, RefusedExtra } from './extra/values.ts'
import { products } from './index.ts'
import { registrationFiles } from './registration/register.ts'
import { resolveProduct } from './resolve.ts'
import { secretsExample, uniqueVariables } from './writing/expected-variables.ts'
import { error } from './writing/problem.ts'

export interface RenderedProduct {
  name: string
  kind: ProductKind
  /** The files of the product itself; undefined when a problem prevents them. */
  files: readonly RenderedFile[] | undefined
  /** REGISTER.md, and files that automate a part of it. */
  registration: readonly RenderedFile[]
  /** What the files expect in the environment of the product, each once. */
  variables: readonly ExpectedVariable[]
  problems: readonly ProductProblem[]
}

/** The files of one product of a checked configuration, or the problems that prevent them. */
export function renderProduct(config: ConfigForProducts, name: string): RenderedProduct {
  const input = resolveProduct(config, name)
  const description: ProductDescription = products[input.product.product]
  const sendsPkce = (other: string) => resolveProduct(config, other).profile.sendsPkce
  const shared = sharedClientProblems(config, input, { title: description.title, sendsPkce })
  const common = [...commonProblems(input, description), ...shared]
  // The checks of a kind build on the common ones: a second error about the same class would only confuse.
  const own = blocked(common) ? [] : description.problems(input)
  const problems = [...common, ...own]
  if (blocked(problems)) return nothing(input, problems)
  try {
    const { files, notes, ...own } = description.render(input)
    const unknown = unknownFileProblems(input, description.title, files)
    if (unknown.length > 0) return nothing(input, [...problems, ...unknown])
    const known = own.variables.map((variable) => variable.name)
    const added = extraVariables(input).filter((variable) => !known.includes(variable.name))
    const variables = [...own.variables, ...uniqueVariables(added)]
    const doubled = doubledVariables(variables).map((message) => error(input.path, message))
    if (doubled.length > 0) return nothing(input, [...problems, ...doubled])
    const registration = registrationFiles(input, description, notes)
    return { name, kind: input.product.product, files, registration, variables: uniqueVariables(variables), problems }
  } catch (cause) {
    if (cause instanceof RefusedExtra) return nothing(input, [...problems, ...extraProblems(input, description)])
    // A character that a format cannot express, such as U+FFFE in XML: too rare for a check in every kind.
    if (!(cause instanceof UnwritableValue)) throw cause
    const message = `a file of ${description.title} cannot hold one of the values (${cause.message}): write it differently`
    return nothing(input, [...problems, error(input.path, message)])
  }
}

/** Everything that is wrong with `extra`, file by file: the first one that is refused would hide the others. */
function extraProblems(input: ProductInput, description: ProductDescription): ProductProblem[] {
  const { extra = {} } = input.product
  return Object.entries(extra).flatMap(([file, settings]) => {
    const withOne = { ...input, product: { ...input.product, extra: { [file]: settings } } }
    try {
      return unknownFileProblems(withOne, description.title, description.render(withOne).files)
    } catch (cause) {
      if (cause instanceof RefusedExtra) return cause.problems
      if (!(cause instanceof UnwritableValue)) throw cause
      return [error(extraPath(input, file), `holds a value that the file cannot hold (${cause.message})`)]
    }
  })
}

function nothing({ name, product }: ProductInput, problems: readonly ProductProblem[]): RenderedProduct {
  return { name, kind: product.product, files: undefined, registration: [], variables: [], problems }
}

/** Two different values under one name: the product would confuse them. */
function doubledVariables(variables: readonly ExpectedVariable[]): string[] {
  const first = new Map<string, ExpectedVariable>()
  return variables.flatMap((variable) => {
    const { name, from, note } = first.get(variable.name) ?? variable
    first.set(name, first.get(name) ?? variable)
    const same = from || variable.from ? JSON.stringify(from) === JSON.stringify(variable.from) : note === variable.note
    if (same) return []
    return [
      `two different values would come as the environment variable ${name} (${note} ${variable.note}): give the secret a reference \${env:NAME} with another NAME, or rename a class`,
    ]
  })
}

function blocked(problems: readonly ProductProblem[]): boolean {
  return problems.some((problem) => problem.severity === 'error' && !problem.keepsFiles)
}

/** Everything that `gatehouse render` writes for a product; nothing when a problem prevents it. */
export function allFiles({ files, registration, variables }: RenderedProduct): RenderedFile[] {
  return files ? [...files, ...registration, secretsExample(variables)] : []
}
