import type { ProductProblem, Provider } from '../contract.ts'
import { error } from './problem.ts'

/** What Authlib and Flask-AppBuilder send themselves; another value would break the sign-in or its protection. */
const ownParameters = new Set(
  'client_id response_type redirect_uri scope state nonce code_challenge code_challenge_method code_verifier url'.split(
    ' ',
  ),
)

export function ownParameterProblems(title: string, { authorizationParameters, path }: Provider): ProductProblem[] {
  return Object.keys(authorizationParameters)
    .filter((key) => ownParameters.has(key))
    .map((key) =>
      error([...path, 'oidc', 'authorizationParameters', key], `${title} sends ${key} itself: remove it here`),
    )
}
