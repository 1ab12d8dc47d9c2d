/** The part of Trino's config.properties that signs people in at an OpenID Connect provider. */
import { airliftVariable, type Comment, comment, mdCode, type Property, property } from '../../formats.ts'
import type { ProviderEndpoints } from '../../vendors/contract.ts'
import type { ProductInput, ProductProblem, Provider } from '../contract.ts'
import { accessTokenProblems } from '../writing/access-tokens.ts'
import { claimName } from '../writing/groups-claim.ts'
import { innerAddressProblems } from '../writing/inner-address.ts'
import { isSlashGuessed } from '../writing/issuer-guess.ts'
import { error, warning } from '../writing/problem.ts'
import { groupsAreInTokensOnly, knownVendor } from '../writing/provider-facts.ts'
import { refreshTokenProblems } from '../writing/refresh-tokens.ts'
import { providerTexts, textProblems } from '../writing/replaced-texts.ts'
import { isBefore } from '../writing/version.ts'
import type { GroupSource } from './groups.ts'
import { isExpanded, trinoCaFile } from './values.ts'

const oauth2 = 'http-server.authentication.oauth2'

export function oauth2Properties(
  input: ProductInput<'trino'>,
  provider: Provider,
  groups: GroupSource | undefined,
): (Comment | Property)[] {
  const { clientId, clientIdVariable } = provider
  const { options } = input
  const entries: (Comment | Property)[] = [
    property(`${oauth2}.issuer`, provider.issuer),
    property(`${oauth2}.client-id`, clientIdVariable === undefined ? clientId : airliftVariable(clientIdVariable)),
    property(`${oauth2}.client-secret`, airliftVariable(provider.secretVariable)),
    property(`${oauth2}.scopes`, provider.scopes.join(',')),
    property(`${oauth2}.principal-field`, provider.principalClaim),
  ]
  if (groups?.kind === 'claim') {
    // Renamed in 408, removed in 480 (trinodb/trino#15669, #28646).
    entries.push(property(`deprecated.${oauth2}.groups-field`, claimName(provider.groupsClaim)))
  }
  if (options.additionalAudiences.length > 0) {
    entries.push(property(`${oauth2}.additional-audiences`, options.additionalAudiences.join(',')))
  }
  if (options.refreshTokens) entries.push(property(`${oauth2}.refresh-tokens`, 'true'))
  const addresses = staticAddresses(input, provider)
  if (addresses) entries.push(...addressProperties(input, provider, addresses))
  else if (options.validateTokensLocally) entries.push(property(`${oauth2}.oidc.use-userinfo-endpoint`, 'false'))
  if (provider.tls.kind === 'own-ca') {
    entries.push(property('oauth2-jwk.http-client.trust-store-path', trinoCaFile(provider)))
  }
  return entries
}

/**
 * trinodb/trino#19844, fixed by #20753: the releases of November 2023 to early 2024 stop when the discovery document has no
 * end_session_endpoint. Without discovery they start.
 */
function diesWithoutEndSession({ version }: ProductInput<'trino'>): boolean {
  return !isBefore(version, '429') && isBefore(version, '440')
}

function staticAddresses(
  input: ProductInput<'trino'>,
  { endpoints, innerIssuer }: Provider,
): ProviderEndpoints | undefined {
  if (innerIssuer !== undefined) return endpoints
  return diesWithoutEndSession(input) && endpoints?.endSession === undefined ? endpoints : undefined
}

/** Without a userinfo endpoint Trino checks tokens itself. The switch for that works with discovery only. */
function addressProperties(
  input: ProductInput<'trino'>,
  { innerIssuer }: Provider,
  endpoints: ProviderEndpoints,
): (Comment | Property)[] {
  const local = input.options.validateTokensLocally
  // Trino 429 to 439 does not know the key.
  const endSession = isBefore(input.version, '440') ? undefined : endpoints.endSession
  return [
    comment(
      innerIssuer === undefined
        ? 'Trino 429 to 439 stops if the discovery document has no end_session_endpoint, so it does not read it.'
        : 'Trino reads the document at the issuer only. Browsers go to the first address, Trino itself to the others.',
    ),
    property(`${oauth2}.oidc.discovery`, 'false'),
    property(`${oauth2}.auth-url`, endpoints.authorization),
    property(`${oauth2}.token-url`, endpoints.token),
    property(`${oauth2}.jwks-url`, endpoints.jwks),
    ...(local ? [] : [property(`${oauth2}.userinfo-url`, endpoints.userinfo)]),
    ...(endSession === undefined ? [] : [property(`${oauth2}.end-session-url`, endSession)]),
  ]
}

export function oauth2Problems(input: ProductInput<'trino'>, provider: Provider): ProductProblem[] {
  return [
    ...valueProblems(provider),
    ...innerAddressProblems('Trino', provider),
    ...discoveryProblems(input, provider),
    ...userinfoProblems(input, provider),
    ...localProblems(input, provider),
    ...refreshProblems(input, provider),
  ]
}

function valueProblems(provider: Provider): ProductProblem[] {
  const problems = textProblems(
    providerTexts(provider),
    isExpanded,
    'contains a part that Trino would replace: write it without ${...:...}',
  )
  for (const scope of provider.scopes.filter((text) => text.includes(','))) {
    problems.push(
      error(
        provider.path,
        `Trino reads the scope ${JSON.stringify(scope)} as several: its scopes cannot contain commas`,
      ),
    )
  }
  return problems
}

function discoveryProblems(input: ProductInput<'trino'>, provider: Provider): ProductProblem[] {
  const problems: ProductProblem[] = []
  if (diesWithoutEndSession(input) && provider.endpoints === undefined) {
    problems.push(
      warning(
        'discovery-incomplete',
        [...input.path, 'version'],
        `Trino 429 to 439 does not start when the discovery document has no end_session_endpoint (Google and Dex have none): look at ${provider.discoveryUrl}; if it is missing, write authenticationClasses.${provider.className}.oidc.endpoints, or use Trino 440 or later, or the class gatehouse`,
      ),
    )
  }
  if (isSlashGuessed(provider)) {
    problems.push(
      warning(
        'issuer-slash',
        provider.path,
        `the issuer is ${provider.issuer} with a slash at the end, because rootPath is / or absent, and Trino does not start if the provider writes it without one: compare \`issuer\` in ${provider.discoveryUrl}; if it has no slash, write rootPath: ""`,
      ),
    )
  }
  return problems
}

/** Unless it checks tokens itself, Trino asks the userinfo endpoint about each, and reads user and groups from the answer. */
function userinfoProblems(input: ProductInput<'trino'>, provider: Provider): ProductProblem[] {
  if (input.options.validateTokensLocally) return []
  const { principalClaim, path, wantsGroups } = provider
  const { title, userinfoClaims: claims } = provider.vendor
  const problems: ProductProblem[] = []
  if (claims && !claims.includes(principalClaim)) {
    const isForTrino = provider.vendor.accessToken(provider).kind === 'signed'
    const local = `set trino.validateTokensLocally${isForTrino ? '' : ` and add the scope ${provider.clientId}/.default`}`
    const way = `${local}, or use ${claims.length === 1 ? claims.join() : 'one of these claims'}`
    problems.push(
      error(
        path,
        `Trino asks the userinfo endpoint of ${title} who someone is. It returns ${claims.join(', ')} but not ${principalClaim}, so every sign-in ends with 401: ${way}`,
      ),
    )
  }
  if (isBefore(input.version, '480') && wantsGroups && groupsAreInTokensOnly(provider)) {
    problems.push(
      warning(
        'groups-missing',
        path,
        `the userinfo endpoint of ${title} returns no groups, so Trino sees none: set trino.validateTokensLocally to read them from the token`,
      ),
    )
  }
  return problems
}

function localProblems(input: ProductInput<'trino'>, provider: Provider): ProductProblem[] {
  if (!input.options.validateTokensLocally) return []
  const path = [...input.path, 'trino', 'validateTokensLocally']
  return [
    ...accessTokenProblems(provider, {
      title: 'Trino',
      path,
      way: 'remove it',
      audience: provider.clientId,
      isAudienceFixed: true,
    }),
    ...audienceProblems(provider, path),
    ...accessTokenClaimProblems(provider),
  ]
}

/** Trino takes a token without audience (NimbusOAuth2Client: "A null value in the set allows JWTs with no audience"). */
function audienceProblems(provider: Provider, path: ProductProblem['path']): ProductProblem[] {
  const vendor = knownVendor(provider)
  if (vendor.accessToken(provider).kind !== 'without-audience') return []
  const message = `access tokens of ${vendor.title} have no audience, so Trino cannot tell its own from those of other clients of ${provider.className}, and takes them all: remove it, or keep that pool for Trino alone`
  return [warning('access-token-unusable', path, message)]
}

/** Trino requires the claim of the user name in the token that it checks. */
function accessTokenClaimProblems(provider: Provider): ProductProblem[] {
  const { accessTokenClaims: claims, title } = knownVendor(provider)
  if (!claims || claims.includes(provider.principalClaim)) return []
  const message = `checks access tokens, and those of ${title} have ${claims.join(', ')} but not ${provider.principalClaim}, so every sign-in ends with 401 unless a Lambda function adds it: write one of these in authenticationClasses.${provider.className}.oidc.principalClaim`
  return [warning('principal-claim-never-sent', provider.path, message)]
}

function refreshProblems(input: ProductInput<'trino'>, provider: Provider): ProductProblem[] {
  const { vendor } = provider
  if (!input.options.refreshTokens) return []
  const at = [...input.path, 'trino', 'refreshTokens']
  if (vendor.refreshToken === 'parameter access_type') {
    return [
      error(
        at,
        `${vendor.title} gives refresh tokens only for the parameter access_type=offline, which Trino cannot send: remove it`,
      ),
    ]
  }
  return refreshTokenProblems(provider, { at, without: 'people sign in again whenever their token has expired' })
}

export function oauth2Steps({ tls, className, kind, clientId }: Provider): string[] {
  const list: string[] = []
  if (tls.kind === 'own-ca') {
    list.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(tls.secretClass)}, PEM) to ${mdCode(trinoCaFile({ className }))}. Trino does not start without the file.`,
    )
  }
  if (kind === 'entra') {
    list.push(
      `With \`trino.validateTokensLocally\`: in the manifest of the app registration set \`requestedAccessTokenVersion\` to 2, expose an API (${mdCode(`api://${clientId}`)}) and add the optional claim \`preferred_username\` to the access token. Version 1 tokens come from another issuer.`,
    )
  }
  return list
}
