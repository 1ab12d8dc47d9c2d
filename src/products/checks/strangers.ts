/** Providers where everybody in the world can have an account. */
import type {
  GitHubProvider,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Strangers,
} from '../contract.ts'
import { error, warning } from '../writing/problem.ts'
import { isPublic, knownVendor } from '../writing/provider-facts.ts'
import { throughLogin } from '../writing/ways-in.ts'

export function strangerProblems(input: ProductInput, description: ProductDescription): ProductProblem[] {
  const { admission } = description
  const usual: Strangers = { severity: 'warning' }
  return input.classes.flatMap((someClass) => {
    if (!description.accepts.classes[someClass.type] || !isPublic(someClass, description.client)) return []
    const said = admission?.strangers ? admission.strangers(input, someClass) : usual
    if (!said) return []
    const way = said.way ?? usualWay(someClass, description)
    const where = someClass.type === 'github' ? 'GitHub' : knownVendor(someClass).title
    const message = `everybody in the world can have an account at ${where} and sign in here: ${way}`
    return [said.severity === 'error' ? error(someClass.path, message) : warning('strangers', someClass.path, message)]
  })
}

function usualWay(someClass: Provider | GitHubProvider, description: ProductDescription): string {
  const { type, className } = someClass
  const { follows, takesGatehouse } = description.client
  if (type === 'oidc') {
    const way = knownVendor(someClass).restriction ?? 'restrict the client there to your organisation'
    return takesGatehouse === false ? way : `${way}, or give the product the class gatehouse`
  }
  if (follows.includes('organizations')) {
    return `name your organisations in authenticationClasses.${className}.github.organizations`
  }
  return throughLogin([someClass], {
    way: `list ${className} under \`login\` and give the product the class gatehouse`,
    instead: 'use a class of type oidc',
  })
}
