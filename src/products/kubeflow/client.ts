import type { ClientKind, ProductSettings } from '../contract.ts'
import { dexCallback } from '../dex/client.ts'

/** The issuer of its Dex, in every file. */
export function dexIssuer({ product, options }: ProductSettings<'kubeflow'>): string {
  return options.dexUrl ?? `${product.url}/dex`
}

export const kubeflowClient: ClientKind<'kubeflow'> = {
  versions: { oldest: '1.9', newest: '1.11', parts: 2 },
  rolesAreGroups: true,
  follows: [
    'title',
    'roles',
    'extraScopes',
    'groupsClaim',
    'searchFilter',
    'ldapFieldNames.uid',
    'ldapFieldNames.email',
    'organizations',
    'teams',
    'allowedGroups',
    'hostedDomains',
  ],
  profile: (settings) => ({
    redirectUris: () => [dexCallback(dexIssuer(settings))],
    // /oauth2/sign_out ends the session in Kubeflow only.
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    // Its Dex sends it from 2.45 on; but Charmed Kubeflow has 2.41, and the configuration does not say which of the two it is.
    sendsPkce: false,
    needsEmailVerified: true,
  }),
}
