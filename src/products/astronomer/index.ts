import { shownClaim } from '../../claim-path.ts'
import { kindTitles } from '../../config/product-titles.ts'
import { mdCode } from '../../formats.ts'
import type {
  ExpectedVariable,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
} from '../contract.ts'
import { addressProblem, plainUrlError } from '../writing/addresses.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { nestedClaimProblems } from '../writing/groups-claim.ts'
import { codes } from '../writing/markdown.ts'
import { error, warning } from '../writing/problem.ts'
import { severalProviderProblems, unknownRoles } from '../writing/roles.ts'
import { hasSecret, houstonProvider, importsGroups, providerName, scimSecrets } from './auth.ts'
import { astronomerClient, baseDomainOf, houstonUrl, isCode } from './client.ts'
import { allSecrets, houstonEnvironment, secretManifests, valuesFile } from './files.ts'
import { systemRoles } from './names.ts'

const title = kindTitles.astronomer

/** Astronomer Software: Houston, its API, signs people in. */
export const astronomer: ProductDescription<'astronomer'> = {
  title,
  client: astronomerClient,
  people: {
    withoutEmail: 'unknown',
    unverifiedEmail: 'unknown',
    unsaidEmail: 'unknown',
    withoutGroups: 'unknown',
    singleGroup: 'unknown',
    refresh: 'unknown',
  },
  accepts: {
    classes: { oidc: { most: 8 } },
    skipsVerification: [],
    refusesPlainUrl: () => true,
  },
  ignores: { extraScopes: 'Houston requests openid, profile and email, and its configuration has no other scopes' },
  problems,
  render,
}

function problems(input: ProductInput<'astronomer'>): ProductProblem[] {
  return [
    ...urlProblems(input),
    ...nameProblems(input),
    ...displayNameProblems(input),
    ...unknownRoles(
      input,
      (role) => systemRoles.some((known) => known === role),
      `${systemRoles.join(', ')}; Teams get their roles in Workspaces in Astronomer itself`,
    ),
    ...severalProviderProblems(input, { readsGroups: importsGroups(input), byAddress: 'Houston knows' }),
    ...groupProblems(input),
    ...(importsGroups(input) ? nestedClaimProblems(input.providers, { title: 'Houston' }) : []),
    ...input.providers.flatMap((provider) => providerProblems(input, provider)),
  ]
}

function urlProblems(input: ProductInput<'astronomer'>): ProductProblem[] {
  const { product, options, path } = input
  const { protocol, pathname } = new URL(product.url)
  const at = [...path, 'url']
  const { httpsProxy } = options
  const problems = httpsProxy === undefined ? [] : addressProblem([...path, 'astronomer', 'httpsProxy'], httpsProxy)
  if (protocol !== 'https:') problems.push(plainUrlError(input, 'Astronomer is reached over https only'))
  if (pathname !== '/') {
    problems.push(
      error(
        at,
        `write the address of the platform without a path: https://${baseDomainOf(product.url)} or its app. host`,
      ),
    )
  }
  return problems
}

/** Two classes under one key would be one provider. */
function nameProblems(input: ProductInput<'astronomer'>): ProductProblem[] {
  const { providers, path, options } = input
  if (options.provider !== undefined && providers.length > 1) {
    return [
      error(
        [...path, 'astronomer', 'provider'],
        `names one provider, but there are ${providers.length} classes: remove it, or keep one class`,
      ),
    ]
  }
  return providers.flatMap((provider, index) => {
    const name = providerName(input, provider)
    const first = providers.findIndex((other) => providerName(input, other) === name)
    if (first === index) return []
    return [
      error(
        provider.path,
        `would be the provider ${name} of Houston, which ${providers[first]?.className} is already: keep one, or combine them under \`login\` and give the product the class gatehouse`,
      ),
    ]
  })
}

function displayNameProblems(input: ProductInput<'astronomer'>): ProductProblem[] {
  const { displayName } = input.options
  if (displayName === undefined || input.providers.some((provider) => providerName(input, provider) === 'custom'))
    return []
  return [
    warning(
      'setting-ignored',
      [...input.path, 'astronomer', 'displayName'],
      'is ignored: only the button of the provider custom can be named, Houston names the others itself',
    ),
  ]
}

function groupProblems(input: ProductInput<'astronomer'>): ProductProblem[] {
  if (!importsGroups(input) || isCode(input)) return []
  return [
    error(
      [...input.path, 'astronomer', 'flow'],
      'Houston creates Teams from groups in the code flow only: write flow: code',
    ),
  ]
}

function providerProblems(input: ProductInput<'astronomer'>, provider: Provider): ProductProblem[] {
  const problems: ProductProblem[] = []
  const { className, path, vendor } = provider
  if (provider.tls.kind === 'plain') {
    problems.push(
      error(
        path,
        `Houston accepts https discovery URLs only, but this one is ${provider.discoveryUrl}: give the provider TLS`,
      ),
    )
  }
  if (!isCode(input) && vendor.isOurs) {
    problems.push(
      error(
        [...input.path, 'astronomer', 'flow'],
        'the implicit flow puts tokens into addresses (RFC 9700 section 2.1.2), and Houston can do without it: write flow: code',
      ),
    )
  }
  if (!isCode(input) && provider.entry.oidc?.clientAuthenticationMethod !== undefined && hasMethod(provider)) {
    problems.push(
      warning(
        'setting-ignored',
        [...path, 'oidc', 'clientAuthenticationMethod'],
        'is ignored: in the implicit flow Houston is a public client and does not authenticate',
      ),
    )
  }
  if (lacksAudience(input, provider)) {
    problems.push(
      warning(
        'audience-missing',
        path,
        `Astronomer's documentation requires an audience in the code flow: write oidc.authorizationParameters: { audience: ... } with the API identifier of ${className}`,
      ),
    )
  }
  if (!vendor.isOurs && provider.principalClaim !== 'email') {
    problems.push(
      warning(
        'principal-claim-unused',
        path,
        `Houston knows people by their e-mail address, so principalClaim: ${provider.principalClaim} of ${className} has no effect here`,
      ),
    )
  }
  return problems
}

/** Only where the provider has audiences; those of Entra and Gatehouse are written anyway. */
function lacksAudience(input: ProductInput<'astronomer'>, provider: Provider): boolean {
  if (!isCode(input) || ['entra', 'gatehouse', 'google', 'cognito'].includes(provider.kind)) return false
  return !houstonProvider(input, provider).authUrlParams.has('audience')
}

function hasMethod({ clientAuthenticationMethod }: Provider): boolean {
  return clientAuthenticationMethod !== 'none'
}

function render(input: ProductInput<'astronomer'>): Rendering {
  return {
    files: [valuesFile(input), houstonEnvironment(input), ...secretManifests(input)],
    variables: expectedVariables(input),
    notes: {
      claims: [
        '`email` (by which Houston knows people)',
        ...(importsGroups(input)
          ? [
              `${codes([...new Set(input.providers.map(({ groupsClaim }) => shownClaim(groupsClaim)))])} (a list of strings, for Teams)`,
            ]
          : []),
      ],
      needsAudience: false,
      secretPlace: 'the shell in which you create the Secret of Kubernetes',
      steps: steps(input),
    },
  }
}

function expectedVariables(input: ProductInput<'astronomer'>): ExpectedVariable[] {
  return [
    ...input.providers.flatMap((provider) =>
      clientVariables(input, provider).filter(
        ({ name }) => name !== provider.secretVariable || hasSecret(input, provider),
      ),
    ),
    ...scimSecrets(input).map(({ envName, secretName, secretKey }) => ({
      name: envName,
      note: scimNotes[envName] ?? '',
      from: { secretName, key: secretKey },
    })),
  ]
}

const scimNotes: Readonly<Record<string, string>> = {
  SCIM_AUTH_CODE_OKTA: 'The credentials with which Okta pushes users, as user:password.',
  SCIM_AUTH_CODE_MICROSOFT: 'The token with which Microsoft Entra ID pushes users. Make one: openssl rand -base64 32',
}

function steps(input: ProductInput<'astronomer'>): string[] {
  const { product, options } = input
  const { flow, httpsProxy } = options
  return [
    ...secretSteps(input),
    'Add `values.yaml` to your own: `helm upgrade RELEASE astronomer/astronomer -n astronomer -f config.yaml -f values.yaml --version VERSION` (or copy its content into yours). If you keep the sign-in in `astronomer.houston.env`, use the variables of `houston.env` instead.',
    ...input.providers.flatMap((provider) => authoritySteps(provider)),
    `Do it while nobody works: after a change of flow or provider people must sign in again. The flow is ${mdCode(flow)}; both redirect URIs keep their slash at the end.`,
    'The first person who signs in to a new platform becomes System Admin: make sure that this is you.',
    ...(httpsProxy === undefined
      ? []
      : [`Houston calls providers through ${mdCode(httpsProxy)}: allow it to reach them.`]),
    ...(importsGroups(input)
      ? [
          'A Team appears when its first member signs in; then give it roles in Workspaces. Houston reads groups at sign-in only, and the Team of a deleted group stays.',
        ]
      : []),
    ...scimSteps(input),
    ...startSteps(input),
    `Open ${mdCode(`https://app.${baseDomainOf(product.url)}`)} and sign in.`,
  ]
}

/** One command for each Secret, with the variables of secrets.env. */
function secretSteps(input: ProductInput<'astronomer'>): string[] {
  const variables = new Map([
    ...input.providers.flatMap((provider) =>
      houstonProvider(input, provider).secrets.map(({ secretName, secretKey }): [string, string] => [
        `${secretName}/${secretKey}`,
        secretKey === 'clientSecret' ? provider.secretVariable : (provider.clientIdVariable ?? ''),
      ]),
    ),
    ...scimSecrets(input).map(({ envName, secretName, secretKey }): [string, string] => [
      `${secretName}/${secretKey}`,
      envName,
    ]),
  ])
  const byName = Map.groupBy(allSecrets(input), ({ secretName }) => secretName)
  return [...byName].map(([secretName, references]) => {
    const keys = [...new Set(references.map(({ secretKey }) => secretKey))]
    const literals = keys.map((key) => `--from-literal=${key}="$${variables.get(`${secretName}/${key}`)}"`)
    return `Create the Secret ${mdCode(secretName)} with the values of \`secrets.env\`: ${mdCode(`kubectl create secret generic ${secretName} -n astronomer ${literals.join(' ')}`)}. Houston gets it as ${codes(references.map(({ envName }) => envName))}.`
  })
}

function authoritySteps({ tls }: Provider): string[] {
  if (tls.kind !== 'own-ca') return []
  return [
    `Create the Secret of the certificate authority, which the chart mounts: ${mdCode(`kubectl create secret generic ${tls.secretClass} -n astronomer --from-file=cert.pem=ca.crt`)}.`,
  ]
}

function scimSteps({ product, options }: ProductInput<'astronomer'>): string[] {
  const { okta, microsoft } = options.scim
  const base = `https://houston.${baseDomainOf(product.url)}/v1/scim/v2`
  return [
    ...(okta === undefined
      ? []
      : [
          `In Okta, SCIM 2.0 with Basic Auth: base URL ${mdCode(`${base}/okta`)}, user and password of ${mdCode(okta)}, which holds them as \`user:password\`.`,
        ]),
    ...(microsoft === undefined
      ? []
      : [
          `In Microsoft Entra ID, Provisioning: Tenant URL ${mdCode(`${base}/microsoft`)}, Secret Token the text in ${mdCode(microsoft)}.`,
        ]),
  ]
}

function startSteps(input: ProductInput<'astronomer'>): string[] {
  const names = input.providers.map((provider) => providerName(input, provider))
  return names.includes('okta')
    ? [
        `For a tile in Okta set *Initiate login URI* to ${mdCode(`${houstonUrl(input.product.url)}/v1/oauth/start?provider=okta`)}.`,
      ]
    : []
}
