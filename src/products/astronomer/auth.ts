/** The sign-in settings of Houston, once: `values.yaml` and `houston.env` are two ways to write them. */

import type { ProductInput, Provider } from '../contract.ts'
import { claimName } from '../writing/groups-claim.ts'
import { clientSecretName } from '../writing/kubernetes-secret.ts'
import { nameForPeople } from '../writing/provider-facts.ts'
import { hasRoles } from '../writing/roles.ts'
import { isCode } from './client.ts'
import { providerNames, variableOf } from './names.ts'

/** A value that comes from a Secret of Kubernetes, by the chart's `houston.secret`. */
export interface SecretReference {
  envName: string
  secretName: string
  secretKey: string
}

export interface HoustonProvider {
  provider: Provider
  /** The key below `openidConnect`. */
  name: string
  /** Undefined: it comes from a Secret. */
  clientId: string | undefined
  discoveryUrl: string
  baseDomain: string | undefined
  /** Parameters of the authorization address; without those that come from a Secret. */
  authUrlParams: ReadonlyMap<string, string>
  claimsMapping: string | undefined
  displayName: string | undefined
  secrets: readonly SecretReference[]
}

export function providerName(
  { options }: Pick<ProductInput<'astronomer'>, 'options'>,
  { kind }: Pick<Provider, 'kind'>,
): string {
  return options.provider ?? providerNames[kind] ?? 'custom'
}

export function houstonProvider(input: ProductInput<'astronomer'>, provider: Provider): HoustonProvider {
  const name = providerName(input, provider)
  const { displayName } = input.options
  const parameters = parametersOf(input, provider)
  const claim = claimName(provider.groupsClaim)
  return {
    provider,
    name,
    clientId: provider.clientIdVariable === undefined ? provider.clientId : undefined,
    // Astronomer's own documentation has only the address of the tenant here.
    discoveryUrl: provider.kind === 'auth0' ? provider.issuer.replace(/\/+$/, '') : provider.discoveryUrl,
    baseDomain: provider.kind === 'entra' ? new URL(provider.issuer).host : undefined,
    authUrlParams: parameters.written,
    claimsMapping: importsGroups(input) && claim !== 'groups' ? claim : undefined,
    displayName: name === 'custom' ? (displayName ?? nameForPeople(provider)) : undefined,
    secrets: secretsOf(input, provider, name, parameters.audienceIsClientId),
  }
}

/** The code flow needs an audience; Entra and Gatehouse expect the client itself. Cognito's implicit flow is OAuth's, not OpenID's. */
function parametersOf(input: ProductInput<'astronomer'>, provider: Provider) {
  const written = new Map(Object.entries(provider.authorizationParameters))
  const isOwn = provider.kind === 'entra' || provider.kind === 'gatehouse'
  const audienceIsClientId = isOwn && !written.has('audience') && isCode(input)
  if (audienceIsClientId && provider.clientIdVariable === undefined) written.set('audience', provider.clientId)
  if (provider.kind === 'cognito' && !isCode(input) && !written.has('response_type')) {
    written.set('response_type', 'token')
  }
  return { written, audienceIsClientId }
}

/** Whether Houston creates Teams from groups: by setting, or because groups have roles. */
export function importsGroups({ product, options }: Pick<ProductInput<'astronomer'>, 'product' | 'options'>): boolean {
  return options.importGroups || hasRoles({ product })
}

function secretsOf(
  input: ProductInput<'astronomer'>,
  provider: Provider,
  name: string,
  audienceIsClientId: boolean,
): SecretReference[] {
  const secretName = secretNameOf(input, provider)
  const reference = (secretKey: string, ...path: readonly string[]): SecretReference => ({
    envName: variableOf('auth', 'openidConnect', name, ...path),
    secretName,
    secretKey,
  })
  return [
    ...(provider.clientIdVariable === undefined
      ? []
      : [
          reference('clientId', 'clientId'),
          ...(audienceIsClientId ? [reference('clientId', 'authUrlParams', 'audience')] : []),
        ]),
    ...(hasSecret(input, provider) ? [reference('clientSecret', 'clientSecret')] : []),
  ]
}

/** The implicit flow is that of a public client. */
export function hasSecret(input: Pick<ProductInput<'astronomer'>, 'options'>, provider: Provider): boolean {
  return isCode(input) && provider.clientAuthenticationMethod !== 'none'
}

function secretNameOf({ name }: ProductInput<'astronomer'>, { secretName }: Provider): string {
  return secretName ?? clientSecretName(name)
}

/** `name/key` of the configuration. */
export function scimSecrets({ options }: ProductInput<'astronomer'>): SecretReference[] {
  const { okta, microsoft } = options.scim
  return [['SCIM_AUTH_CODE_OKTA', okta] as const, ['SCIM_AUTH_CODE_MICROSOFT', microsoft] as const].flatMap(
    ([envName, place]) => {
      const [secretName = '', secretKey = ''] = place?.split('/') ?? []
      return place === undefined ? [] : [{ envName, secretName, secretKey }]
    },
  )
}
