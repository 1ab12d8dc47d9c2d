/** Providers where everybody in the world can have an account. */
import type {
  ClientKind,
  GitHubProvider,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  ResolvedClass,
  Strangers,
} from '../contract.ts'
import { error, warning } from '../writing/problem.ts'

/** Accounts of a GitHub Enterprise Server are given by its owner. At Google the owner of the client can close the door, unseen. */
export function isPublic(
  found: ResolvedClass,
  { follows }: Pick<ClientKind, 'follows'>,
): found is Provider | GitHubProvider {
  if (found.type === 'oidc') return found.vendor.hasPublicAccounts === true
  if (found.type !== 'github' || found.hostname !== 'github.com') return false
  return found.organizations.length === 0 || !follows.includes('organizations')
}

export function strangerProblems(input: ProductInput, description: ProductDescription): ProductProblem[] {
  const { admission } = description
  const usual: Strangers = { severity: 'warning' }
  return input.classes.flatMap((found) => {
    if (!description.accepts.classes[found.type] || !isPublic(found, description.client)) return []
    const said = admission?.strangers ? admission.strangers(input, found) : usual
    if (!said) return []
    const say = said.severity === 'error' ? error : warning
    const way = said.way ?? usualWay(found, description)
    const where = found.type === 'github' ? 'GitHub' : found.vendor.title
    return [say(found.path, `everybody in the world can have an account at ${where} and sign in here: ${way}`)]
  })
}

function usualWay({ type, className }: Provider | GitHubProvider, description: ProductDescription): string {
  const { follows, takesGatehouse } = description.client
  if (type === 'oidc') {
    const way = 'make the consent screen internal, so that only your organisation gets in'
    return takesGatehouse === false ? way : `${way}, or give the product the class gatehouse`
  }
  return follows.includes('organizations')
    ? `name your organisations in authenticationClasses.${className}.github.organizations`
    : `list ${className} under \`login\` and give the product the class gatehouse`
}
