import type { ProductProblem, Provider } from '../contract.ts'
import { warning } from './problem.ts'

/**
 * A warning where the provider gives refresh tokens only for something that the product does not ask for.
 * `without`: what people then see, as the end of a sentence that begins with "without one".
 */
export function refreshTokenProblems(
  { vendor, scopes, authorizationParameters }: Provider,
  { at, without }: { at: ProductProblem['path']; without: string },
): ProductProblem[] {
  if (vendor.refreshToken === 'scope offline_access' && !scopes.includes('offline_access')) {
    const only = `${vendor.title} gives a refresh token only for the scope offline_access, and without one ${without}`
    return [warning('refresh-token-missing', at, `${only}: add it to oidc.extraScopes`)]
  }
  if (vendor.refreshToken === 'parameter access_type' && authorizationParameters['access_type'] !== 'offline') {
    const only = `${vendor.title} gives a refresh token only for access_type=offline, and without one ${without}`
    return [
      warning(
        'refresh-token-missing',
        at,
        `${only}: set authorizationParameters: { access_type: offline, prompt: consent }`,
      ),
    ]
  }
  return []
}
