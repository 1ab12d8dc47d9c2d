/** Access tokens for products that check them themselves, without asking the provider. */
import type { ConfigPath, ProductProblem, Provider } from '../contract.ts'
import { error, warning } from './problem.ts'

export interface TokenCheck {
  /** The product that checks. */
  title: string
  /** The setting that makes it do so. */
  path: ConfigPath
  /** What to do if no token of this provider can be checked. */
  way: string
  /** The audience that tokens must have. */
  audience: string
  /** Whether the product has no setting for another. */
  isAudienceFixed?: true
}

/** Why a product cannot check access tokens of this provider: the same sentence for every product that tries. */
export function accessTokenProblems(
  provider: Provider,
  { title, path, way, audience, isAudienceFixed }: TokenCheck,
): ProductProblem[] {
  const { vendor, clientId, scopes } = provider
  const own = `${clientId}/.default`
  const token = vendor.accessToken(provider)
  switch (token.kind) {
    case 'own-use': {
      const ways = [...(token.instead === undefined ? [] : [token.instead]), way].join(', or ')
      return [error(path, `only ${vendor.title} can check access tokens of ${token.whose}: ${ways}`)]
    }
    case 'for-another-api': {
      const told = `${title} gets an access token for ${token.api}, which nobody else can check`
      if (token.scope === undefined)
        return [error(path, `without its own scope ${told}: add ${own} to oidc.extraScopes`)]
      const remedy = scopes.includes(own) ? 'remove it' : `replace it with ${own}`
      return [error(path, `for the scope ${token.scope} ${told}: ${remedy}`)]
    }
    case 'for-audience-parameter':
      return [
        warning(
          'audience-missing',
          path,
          `${vendor.title} gives a token that ${title} can check only if the tenant has a default audience (Settings, API Authorization Settings), because ${title} cannot request one: set it to ${audience}`,
        ),
      ]
    case 'signed':
      if (!isAudienceFixed || token.audience === undefined || token.audience === audience) return []
      return [
        error(
          path,
          `with these scopes the access token is for ${token.audience}, but ${title} accepts only tokens for ${audience}: write ${own} before all others`,
        ),
      ]
    case 'without-audience':
      return []
  }
}
