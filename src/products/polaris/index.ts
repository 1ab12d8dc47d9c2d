import { kindTitles } from '../../config/product-titles.ts'
import { type Comment, comment, mdCode, type Property, property, smallRyeText } from '../../formats.ts'
import type {
  ExpectedVariable,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
} from '../contract.ts'
import { propertiesFile } from '../extra/files.ts'
import { quarkusSyntax } from '../extra/quarkus.ts'
import { accessTokenProblems } from '../writing/access-tokens.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { claimCode } from '../writing/groups-claim.ts'
import { error } from '../writing/problem.ts'
import { soleProvider } from '../writing/provider-facts.ts'
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
import { groupClaimProblems, hasRoles } from '../writing/roles.ts'
import { trustStoreStep } from '../writing/trust-store.ts'
import { polarisClient } from './client.ts'
import { allRoles, mappedRoles, roleProblems } from './roles.ts'

const title = kindTitles.polaris
const oidc = 'quarkus.oidc'

/** Apache Polaris: engines with an access token of a provider, and principal roles by group. It has no page to sign in at. */
export const polaris: ProductDescription<'polaris'> = {
  title,
  client: polarisClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in without a role',
    singleGroup: 'is split at blanks',
    refresh: 'needs no token',
  },
  accepts: {
    classes: { oidc: { most: 1 } },
    skipsVerification: [],
  },
  admission: {
    withoutGroups: (input) => (hasRoles(input) ? 'nobody has a role' : undefined),
    // Only principals that somebody has made in Polaris get in.
    strangers: () => undefined,
  },
  problems,
  render,
}

function problems(input: ProductInput<'polaris'>): ProductProblem[] {
  return [
    ...roleProblems(input),
    ...blankGroupProblems(input),
    ...groupClaimProblems(input),
    ...input.providers.flatMap(tokenProblems),
    ...input.providers.flatMap(nameProblems),
  ]
}

function tokenProblems(provider: Provider): ProductProblem[] {
  const { vendor, path, clientId } = provider
  const way = 'take a provider whose access tokens are signed texts, such as Keycloak'
  if (vendor.accessToken(provider).kind === 'without-audience') {
    return [error(path, `access tokens of ${vendor.title} have no audience, which Polaris wants to see: ${way}`)]
  }
  return accessTokenProblems(provider, { title: 'Polaris', path, way, audience: clientId })
}

/** Polaris takes a backslash before a quote for a part of the name. */
function nameProblems({ principalClaim, groupsClaim, path }: Provider): ProductProblem[] {
  const name = { what: 'principalClaim', text: principalClaim, path }
  return [
    ...claimProblems([name, ...groupsClaim.map((text) => ({ what: 'groupsClaim', text, path }))]),
    ...textProblems(
      [name],
      (text) => text.endsWith('\\'),
      'ends in a backslash, for which Polaris knows no form: take another claim',
    ),
  ]
}

function render(input: ProductInput<'polaris'>): Rendering {
  const provider = soleProvider(input)
  return {
    files: [propertiesFile(input, 'application.properties', propertiesOf(input, provider), { syntax: quarkusSyntax })],
    variables: variablesOf(input, provider),
    notes: {
      claims: [
        ...(hasRoles(input) ? [`${claimCode(provider.groupsClaim)} (a list of texts)`] : []),
        `\`aud\` with ${mdCode(provider.clientId)}`,
      ].map((claim) => `${claim}, in access tokens`),
      needsAudience: true,
      secretPlace: 'an engine that signs in as this client',
      steps: steps(input, provider),
    },
  }
}

/** Polaris checks tokens and asks for none, so that it needs no secret. */
function variablesOf(input: ProductInput, provider: Provider): ExpectedVariable[] {
  const { clientIdVariable } = provider
  return [
    ...clientVariables(input, provider).filter(({ name }) => name === clientIdVariable),
    ...trustStoreVariables(provider, trustStoreOf(provider)),
  ]
}

function trustStoreOf({ className }: Pick<Provider, 'className'>): string {
  return `/etc/polaris/${className}.p12`
}

function propertiesOf(input: ProductInput<'polaris'>, provider: Provider): (Comment | Property)[] {
  const { principalClaim, groupsClaim } = provider
  return [
    comment('Sign-in. Written by `gatehouse render`: add it to config/application.properties (REGISTER.md).'),
    property('polaris.authentication.type', input.options.authentication),
    property(`${oidc}.tenant-enabled`, 'true'),
    property(`${oidc}.application-type`, 'service'),
    ...tenantProperties(oidc, provider, trustStoreOf(provider)),
    ...bearerProperties(oidc, audienceOf(provider), provider),
    comment('Which principal of Polaris somebody is. It must be there already.'),
    property('polaris.oidc.principal-mapper.name-claim-path', smallRyeText(`"${principalClaim}"`)),
    ...(hasRoles(input)
      ? [
          comment('Which of the principal roles that Polaris has granted to it are active: by group, and no others.'),
          property(`${oidc}.roles.role-claim-path`, claimPath(groupsClaim)),
          ...mappedRoles(input),
        ]
      : [
          comment('All principal roles that Polaris has granted to it are active. Any claim that is there would do.'),
          property(`${oidc}.roles.role-claim-path`, claimPath([principalClaim])),
          ...allRoles(),
        ]),
  ]
}

function steps(input: ProductInput<'polaris'>, provider: Provider): string[] {
  const { tls, className, clientId, principalClaim, clientIdVariable } = provider
  const file = trustStoreOf(provider)
  const names = [...new Set(Object.values(input.product.roles).flat())].filter((role) => role !== 'ALL')
  return [
    ...(tls.kind === 'own-ca'
      ? [
          trustStoreStep({ className, secretClass: tls.secretClass, file }),
          `Put it to ${mdCode(file)}, where Polaris can read it.`,
        ]
      : []),
    'Append `application.properties` to that of Polaris: `config/application.properties` below its working directory, `/deployments/config/application.properties` in its image.',
    ...(tls.kind === 'own-ca' || clientIdVariable !== undefined
      ? [`Set the variables of \`secrets.env.example\` in the environment of Polaris. ${expansionStep}`]
      : []),
    `Make a principal in Polaris for everybody who comes, called like the claim ${mdCode(principalClaim)} of the access token${names.length === 0 ? '' : `, and the principal roles ${names.map(mdCode).join(', ')}`}. Grant each principal the principal roles that it may have: a token makes roles active, and gives none.`,
    `Engines (Spark, Trino, Flink) fetch tokens at the provider, each as a client of its own, with ${mdCode(clientId)} in \`aud\`. Polaris itself needs no secret.`,
    ...(input.options.authentication === 'external'
      ? ['The token endpoint of Polaris answers 501 from now on: engines must not ask there.']
      : []),
  ]
}
