import { kindTitles } from '../../config/product-titles.ts'
import {
  type Comment,
  comment,
  mdCode,
  type Property,
  property,
  smallRyeList,
  smallRyeText,
  smallRyeVariable,
} from '../../formats.ts'
import type { ProductDescription, ProductInput, ProductProblem, Provider, Rendering } from '../contract.ts'
import { propertiesFile } from '../extra/files.ts'
import { quarkusSyntax } from '../extra/quarkus.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { claimCode } from '../writing/groups-claim.ts'
import { ownParameterProblems } from '../writing/own-parameters.ts'
import { error, warning } from '../writing/problem.ts'
import { groupsAreAtUserinfo, soleProvider } from '../writing/provider-facts.ts'
import {
  audienceOf,
  bearerProperties,
  blankGroupProblems,
  claimPath,
  claimProblems,
  expansionStep,
  tenantProperties,
  trustStoreVariables,
} from '../writing/quarkus-oidc.ts'
import { textProblems } from '../writing/replaced-texts.ts'
import { groupClaimProblems, hasRoles, isDecidedElsewhere, unknownRoles } from '../writing/roles.ts'
import { trustStoreStep } from '../writing/trust-store.ts'
import { nessieClient, signOutPath } from './client.ts'
import { nessieRoles, ruleProperties } from './rules.ts'

const title = kindTitles.nessie
const oidc = 'quarkus.oidc'
/** The tenant that signs people in; the one without a name checks what engines bring. */
const ui = `${oidc}.ui-app`
const stateVariable = 'GATEHOUSE_NESSIE_STATE_SECRET'
const sessionVariable = 'GATEHOUSE_NESSIE_SESSION_SECRET'

/** Nessie: people in its Web UI, engines with an access token, and rules by group. */
export const nessie: ProductDescription<'nessie'> = {
  title,
  client: nessieClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in without a role',
    singleGroup: 'is split at blanks',
    refresh: 'unknown',
  },
  accepts: {
    classes: { oidc: { most: 1, why: 'its Web UI signs people in at one OpenID Connect provider' } },
    skipsVerification: [],
  },
  admission: {
    withoutGroups: (input) => (hasRoles(input) ? 'nobody may do anything' : undefined),
    strangers: (input) =>
      hasRoles(input)
        ? undefined
        : { severity: 'error', way: 'write `roles`, and give the product the class gatehouse, which knows teams' },
  },
  problems,
  render,
}

function problems(input: ProductInput): ProductProblem[] {
  return [
    ...urlProblems(input),
    ...unknownRoles(input, (role) => nessieRoles.some((known) => known === role), 'reader, writer or admin'),
    ...roleProblems(input),
    ...blankGroupProblems(input),
    ...groupClaimProblems(input),
    ...input.providers.flatMap(providerProblems),
  ]
}

function urlProblems({ product, path }: ProductInput): ProductProblem[] {
  const { pathname } = new URL(product.url)
  if (pathname === '/') return []
  return [
    error(
      [...path, 'url'],
      `the Web UI of Nessie has its files at the root of a host, not below ${pathname}: give it a host name of its own`,
    ),
  ]
}

function roleProblems(input: ProductInput): ProductProblem[] {
  if (hasRoles(input) || isDecidedElsewhere(input)) return []
  return [
    warning(
      'permissions-unchecked',
      input.path,
      'has no roles, so that Nessie checks no permissions: whoever signs in may delete every branch. Add roles (team: [reader], team: [admin])',
    ),
  ]
}

function providerProblems(provider: Provider): ProductProblem[] {
  const { principalClaim, groupsClaim, path } = provider
  return [
    ...claimProblems(groupsClaim.map((text) => ({ what: 'groupsClaim', text, path }))),
    ...textProblems(
      [{ what: 'principalClaim', text: principalClaim, path }],
      (text) => text.trim() !== text,
      'has blanks at its ends: write it without',
    ),
    ...ownParameterProblems(title, provider),
    ...parameterProblems(provider),
    ...engineProblems(provider),
  ]
}

/** The names are part of a key, in double quotes. */
function parameterProblems({ authorizationParameters, path }: Provider): ProductProblem[] {
  const texts = Object.keys(authorizationParameters).map((text) => ({ what: 'parameter', text, path }))
  return textProblems(
    texts,
    (text) => /["\\]/.test(text),
    'has a character for which Quarkus knows no form in a key: write it without " and \\',
  )
}

/** People are let in by their ID token all the same, so what stands in the way of engines is a warning. */
function engineProblems({ vendor, path, ...request }: Provider): ProductProblem[] {
  const token = vendor.accessToken(request)
  const so = 'so that engines are refused at the API; people can sign in to the Web UI all the same'
  if (token.kind === 'without-audience') {
    return [
      warning(
        'access-token-unusable',
        path,
        `access tokens of ${vendor.title} have no audience, which Nessie wants to see, ${so}`,
      ),
    ]
  }
  if (token.kind !== 'own-use') return []
  const way =
    token.instead ?? 'take a provider whose access tokens are signed texts, such as Keycloak, if engines need the API'
  return [
    warning(
      'access-token-unusable',
      path,
      `access tokens of ${token.whose} can be checked by ${vendor.title} only, ${so}: ${way}`,
    ),
  ]
}

function letsEnginesIn(provider: Provider): boolean {
  return engineProblems(provider).length === 0
}

function render(input: ProductInput): Rendering {
  const provider = soleProvider(input)
  return {
    files: [propertiesFile(input, 'application.properties', propertiesOf(input, provider), { syntax: quarkusSyntax })],
    variables: [
      ...clientVariables(input, provider),
      {
        name: stateVariable,
        note: 'Encrypts what a sign-in leaves in the browser; the same for every replica. Make one: openssl rand -hex 16',
      },
      {
        name: sessionVariable,
        note: 'Encrypts the sessions of the Web UI; the same for every replica. Make one: openssl rand -hex 16',
      },
      ...trustStoreVariables(provider, trustStoreOf(provider)),
    ],
    notes: {
      claims: [
        ...(readsGroups(input, provider) ? [`${claimCode(provider.groupsClaim)} (a list of texts)`] : []),
        ...(letsEnginesIn(provider)
          ? [`\`aud\` with ${mdCode(provider.clientId)}, in the access tokens of engines`]
          : []),
      ],
      needsAudience: letsEnginesIn(provider),
      steps: steps(input, provider),
    },
  }
}

function trustStoreOf({ className }: Pick<Provider, 'className'>): string {
  return `/etc/nessie/${className}.p12`
}

/** Rules of one's own may be about groups too. */
function readsGroups(input: ProductInput, { wantsGroups }: Provider): boolean {
  return wantsGroups || hasRoles(input)
}

function propertiesOf(input: ProductInput, provider: Provider): (Comment | Property)[] {
  return [
    comment('Sign-in. Written by `gatehouse render`: add it to config/application.properties (REGISTER.md).'),
    property('nessie.server.authentication.enabled', 'true'),
    comment('The pages of the Web UI are not for everybody. Without this only / asks people to sign in.'),
    property('nessie.server.authentication.anonymous-path-prefixes', '/nessie-openapi'),
    comment('Engines bring an access token.'),
    ...tenantProperties(oidc, provider, trustStoreOf(provider)),
    ...bearerProperties(oidc, audienceOf(provider), provider),
    ...(readsGroups(input, provider)
      ? [property(`${oidc}.roles.role-claim-path`, claimPath(provider.groupsClaim))]
      : []),
    comment('People sign in to the Web UI, and call the API with its session.'),
    ...tenantProperties(ui, provider, trustStoreOf(provider)),
    ...signInProperties(input, provider),
    ...sessionProperties(input),
    ...signOutProperties(provider),
    ...(hasRoles(input)
      ? [
          comment('Who may do what: an operation passes when one of the rules is true.'),
          property('nessie.server.authorization.enabled', 'true'),
          ...ruleProperties(input),
        ]
      : []),
  ]
}

function signInProperties(input: ProductInput, provider: Provider): Property[] {
  const { principalClaim, groupsClaim, scopes, authorizationParameters } = provider
  const paths = ['/', '/tree*', '/content*', '/notfound*', '/commits*', signOutPath]
  return [
    property(`${ui}.application-type`, 'web-app'),
    property(`${ui}.tenant-paths`, smallRyeList(paths)),
    ...credentials(provider),
    property(`${ui}.authentication.redirect-path`, '/'),
    property(`${ui}.authentication.restore-path-after-redirect`, 'true'),
    property(`${ui}.authentication.scopes`, smallRyeList(scopes)),
    ...Object.entries(authorizationParameters).map(([key, value]) =>
      property(`${ui}.authentication.extra-params."${key}"`, smallRyeText(value)),
    ),
    property(`${ui}.authentication.pkce-required`, 'true'),
    property(`${ui}.authentication.nonce-required`, 'true'),
    property(`${ui}.authentication.state-secret`, smallRyeVariable(stateVariable)),
    property(`${ui}.token.principal-claim`, smallRyeText(principalClaim)),
    ...(readsGroups(input, provider) ? [property(`${ui}.roles.role-claim-path`, claimPath(groupsClaim))] : []),
    ...(readsGroups(input, provider) && groupsAreAtUserinfo(provider)
      ? [property(`${ui}.authentication.user-info-required`, 'true'), property(`${ui}.roles.source`, 'userinfo')]
      : []),
  ]
}

function credentials({ secretVariable, clientAuthenticationMethod }: Provider): Property[] {
  const secret = smallRyeVariable(secretVariable)
  if (clientAuthenticationMethod !== 'client_secret_post') return [property(`${ui}.credentials.secret`, secret)]
  return [
    property(`${ui}.credentials.client-secret.value`, secret),
    property(`${ui}.credentials.client-secret.method`, 'post'),
  ]
}

function sessionProperties({ product }: ProductInput): Property[] {
  const isEncrypted = product.url.startsWith('https:')
  return [
    property(`${ui}.token-state-manager.encryption-secret`, smallRyeVariable(sessionVariable)),
    ...(isEncrypted
      ? [
          // Nessie itself hears http from the proxy in front.
          property(`${ui}.authentication.cookie-force-secure`, 'true'),
          property(`${ui}.authentication.force-redirect-https-scheme`, 'true'),
        ]
      : []),
  ]
}

/** Without an address of the provider Nessie would not start: not all write it into their discovery document. */
function signOutProperties({ endpoints }: Provider): Property[] {
  if (endpoints?.endSession === undefined) return []
  return [
    property(`${ui}.end-session-path`, smallRyeText(endpoints.endSession)),
    property(`${ui}.logout.path`, signOutPath),
    property(`${ui}.logout.post-logout-path`, '/'),
  ]
}

function steps(input: ProductInput, provider: Provider): string[] {
  const { url } = input.product
  const { tls, className, endpoints } = provider
  const file = trustStoreOf(provider)
  return [
    ...(tls.kind === 'own-ca'
      ? [
          trustStoreStep({ className, secretClass: tls.secretClass, file }),
          `Put it to ${mdCode(file)}, where Nessie can read it.`,
        ]
      : []),
    'Append `application.properties` to that of Nessie: `config/application.properties` below its working directory, `/deployments/config/application.properties` in its image.',
    `Set the variables of \`secrets.env.example\` in the environment of Nessie, the same for every replica. ${expansionStep}`,
    ...(url.startsWith('https:')
      ? [
          'The proxy in front must pass on the header `Host` as it came: the address to come back to is made of it. Nothing else of `quarkus.http.proxy.*` is needed for the sign-in.',
        ]
      : []),
    ...(letsEnginesIn(provider) ? [engineStep(input, provider)] : []),
    `Open ${mdCode(url)} and sign in.${endpoints?.endSession === undefined ? '' : ` ${mdCode(`${url}${signOutPath}`)} signs out, at the provider too; Nessie has no button for it.`}`,
  ]
}

function engineStep(input: ProductInput, { vendor, clientId, groupsClaim }: Provider): string {
  const ending = vendor.clientCredentialsScope
  const scope = ending === undefined ? '' : ` (for the scope ${mdCode(`${clientId}${ending}`)})`
  const groups = hasRoles(input) ? `, and its groups in ${claimCode(groupsClaim)}` : ''
  return `Give each engine (Spark, Trino, Flink) a client of its own at the provider, whose access tokens have ${mdCode(clientId)} in \`aud\`${scope}${groups}. Nessie needs no secret of it.`
}
