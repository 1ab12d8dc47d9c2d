/** Access tokens in the eyes of products that check them themselves, without asking the provider. */
import type { ConfigPath, ProductProblem, Provider } from '../contract.ts'
import { error, warning } from './problem.ts'

export interface TokenCheck {
  /** The product that checks. */
  title: string
  /** The setting that makes it do so. */
  path: ConfigPath
  /** What to do where no token of this provider can be checked. */
  way: string
  /** For whom tokens must be. */
  audience: string
  /** Whether the product cannot be told another. */
  isAudienceFixed?: true
}

/** What stands in the way of checking an access token of this provider: the same sentence for every product that does so. */
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
      return [error(path, `access tokens of ${token.whose} can be checked by ${vendor.title} only: ${ways}`)]
    }
    case 'for-another-api': {
      const told = `${title} gets an access token for ${token.api}, which nobody else can check`
      if (token.scope === undefined)
        return [error(path, `without a scope of its own ${told}: add ${own} to oidc.extraScopes`)]
      const remedy = scopes.includes(own) ? 'take it out' : `write ${own} in its place`
      return [error(path, `for the scope ${token.scope} ${told}: ${remedy}`)]
    }
    case 'for-audience-parameter':
      return [
        warning(
          path,
          `${vendor.title} gives a token that ${title} can check only when the tenant has a default audience (Settings, API Authorization Settings), because ${title} cannot ask for one: set it to ${audience}`,
        ),
      ]
    case 'signed':
      if (!isAudienceFixed || token.audience === undefined || token.audience === audience) return []
      return [
        error(
          path,
          `the scopes bring an access token for ${token.audience}, and ${title} believes those for ${audience} only: write ${own} before all others`,
        ),
      ]
    case 'without-audience':
      return []
  }
}
