/** What Superset and Airflow are at a provider: the client of Flask-AppBuilder, which both are made with. */
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
  // It cannot; that is an error and no warning.
  'organizations',
]

/** `callbackUri`: under which address below `url` the product answers, by the name that Flask-AppBuilder has for a provider. */
export function flaskAppBuilderClient(
  versions: ClientKind['versions'],
  callbackUri: (settings: ProductSettings, providerName: string) => string,
): ClientKind {
  return {
    versions,
    follows,
    profile: (settings): ClientProfile => ({
      redirectUris: (at) => [callbackUri(settings, oauthProviderName(settings.product, at))],
      // Signing out ends the session in the product only.
      postLogoutRedirectUris: [],
      grantTypes: ['authorization_code'],
      clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
      sendsPkce: true,
    }),
  }
}

/** The one parser of Flask-AppBuilder that reads what OpenID Connect says; a Keycloak and Gatehouse answer where it asks. */
const builtInName = 'keycloak'

/**
 * The name is part of the callback. Flask-AppBuilder treats `twitter` as OAuth 1 and reads `github` itself; no class can have an
 * underscore in its name.
 */
export function oauthProviderName({ authentication }: Product, { className, kind }: ProviderIdentity): string {
  if (authentication.length === 1 && vendors[kind].answersLikeKeycloak) return builtInName
  return ['twitter', 'github', 'githublocal'].includes(className) ? `${className}_` : className
}
