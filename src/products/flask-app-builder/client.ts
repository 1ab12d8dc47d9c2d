/** What Superset and Airflow are at a provider: the client of Flask-AppBuilder, on which both are built. */
import type { Product } from '../../config/schema.ts'
import { vendors } from '../../vendors/index.ts'
import type { ClientKind, ClientProfile, ProductSettings, ProviderIdentity, Setting } from '../contract.ts'

const follows: readonly Setting[] = [
  'roles',
  'extraScopes',
  'authorizationParameters',
  'groupsClaim',
  'userRegistration',
  'userRegistrationRole',
  'syncRolesAt',
  'searchFilter',
  'ldapFieldNames.uid',
  'ldapFieldNames.group',
  'ldapFieldNames.givenName',
  'ldapFieldNames.surname',
  'ldapFieldNames.email',
  // It cannot, but that is an error and not a warning.
  'organizations',
  'internalUrl',
]

/** `callbackUri`: the address below `url` where the product answers, for a provider's name in Flask-AppBuilder. */
export function flaskAppBuilderClient<K extends 'superset' | 'airflow'>(
  versions: ClientKind['versions'],
  callbackUri: (settings: ProductSettings, providerName: string) => string,
): ClientKind<K> {
  return {
    versions,
    follows,
    profile: (settings): ClientProfile => ({
      redirectUris: (at) => namesAt(settings.product, at).map((name) => callbackUri(settings, name)),
      // Signing out ends the session in the product only.
      postLogoutRedirectUris: [],
      grantTypes: ['authorization_code'],
      clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
      sendsPkce: true,
    }),
  }
}

/** The only parser of Flask-AppBuilder that reads OpenID Connect claims. */
const builtInName = 'keycloak'

/** Gatehouse answers where that parser asks, and files that were written earlier have its name. */
function namesAt(product: Product, at: ProviderIdentity): string[] {
  const name = oauthProviderName(product, at)
  return vendors[at.kind].isOurs && product.authentication.length === 1 ? [name, builtInName] : [name]
}

/**
 * The name is part of the callback, and of what the button says. Flask-AppBuilder treats `twitter` as OAuth 1 and reads `github` itself; no class can have an
 * underscore in its name.
 */
export function oauthProviderName({ authentication }: Product, { className, kind }: ProviderIdentity): string {
  const { answersLikeKeycloak, isOurs } = vendors[kind]
  if (authentication.length === 1 && answersLikeKeycloak && !isOurs) return builtInName
  return ['twitter', 'github', 'githublocal'].includes(className) ? `${className}_` : className
}
