import type { ProductProblem, Provider } from '../contract.ts'
import { error } from './problem.ts'

/** For products that read the discovery document at the issuer and nowhere else: an inner address needs each address by itself. */
export function innerAddressProblems(
  title: string,
  { innerIssuer, endpoints, className, issuer }: Provider,
): ProductProblem[] {
  if (innerIssuer === undefined || endpoints) return []
  return [
    error(
      ['authenticationClasses', className, 'oidc', 'internalUrl'],
      `${title} reads the discovery document at ${issuer} only, and the addresses of ${className} are not known: write authenticationClasses.${className}.oidc.endpoints with the public ones (the inner ones follow from them), or providerHint`,
    ),
  ]
}
