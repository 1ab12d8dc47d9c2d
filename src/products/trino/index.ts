import { kindTitles } from '../../config/product-titles.ts'
import { type Comment, comment, mdCode, type Property, property } from '../../formats.ts'
import type { ProductDescription, ProductInput, ProductProblem, RenderedFile, Rendering } from '../contract.ts'
import { propertiesFile } from '../extra/files.ts'
import { plainUrlError } from '../writing/addresses.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { claimCode } from '../writing/groups-claim.ts'
import { error, warning } from '../writing/problem.ts'
import { textProblems } from '../writing/replaced-texts.ts'
import { trinoClient } from './client.ts'
import { groupProblems, groupProvider, groupSource, groupSteps } from './groups.ts'
import { oauth2Problems, oauth2Properties, oauth2Steps } from './oauth2.ts'
import {
  passwordClasses,
  passwordFiles,
  passwordProblems,
  passwordProperties,
  passwordSteps,
  passwordVariables,
} from './passwords.ts'
import { isExpanded, refusedKeys, trinoSyntax } from './values.ts'

const title = kindTitles.trino

/** Trino: `config.properties` of the coordinator, a file for each way to check passwords, and a group provider. */
export const trino: ProductDescription<'trino'> = {
  title,
  client: trinoClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in',
    singleGroup: 'unknown',
    refresh: 'takes a refresh token where it gets one',
  },
  accepts: {
    classes: {
      oidc: { most: 1, why: 'Trino signs in at one OpenID Connect provider' },
      ldap: { most: Number.POSITIVE_INFINITY },
      static: { most: Number.POSITIVE_INFINITY },
    },
    skipsVerification: [],
    // Over http it answers "Authentication over HTTP is not enabled".
    refusesPlainUrl: () => true,
  },
  ignores: {
    roles:
      'Trino has no roles to give at sign-in; write access control rules (etc/access-control.properties) for groups',
    'ldapFieldNames.givenName': 'Trino knows people by their user name only',
    'ldapFieldNames.surname': 'Trino knows people by their user name only',
    'ldapFieldNames.email': 'Trino knows people by their user name only',
  },
  problems,
  render,
}

function problems(input: ProductInput<'trino'>): ProductProblem[] {
  return [
    ...urlProblems(input),
    ...input.providers.flatMap((provider) => oauth2Problems(input, provider)),
    ...passwordProblems(input),
    ...groupProblems(input),
    ...mappingProblems(input),
    ...optionProblems(input),
  ]
}

function urlProblems(input: ProductInput<'trino'>): ProductProblem[] {
  const { product, path } = input
  const url = new URL(product.url)
  const at = [...path, 'url']
  const problems: ProductProblem[] = []
  if (url.protocol !== 'https:') {
    problems.push(plainUrlError(input, 'Trino signs people in over https only'))
  }
  if (url.pathname !== '/') {
    problems.push(
      error(at, `Trino answers at the root of a host, not below ${url.pathname}: give it its own host name`),
    )
  }
  return problems
}

function mappingProblems({ options, path }: ProductInput<'trino'>): ProductProblem[] {
  const pattern = options.userMappingPattern
  const at = [...path, 'trino', 'userMappingPattern']
  if (pattern === undefined) return []
  if (isExpanded(pattern)) {
    return [error(at, `Trino would replace a part of ${JSON.stringify(pattern)}: write it without \${...:...}`)]
  }
  // The first group becomes the user: without one Trino refuses everybody.
  if (/(?:^|[^\\])(?:\\\\)*\((?!\?(?!<[A-Za-z]))/.test(pattern)) return []
  return [
    error(
      at,
      `${JSON.stringify(pattern)} has no group that can become the user: write one, such as (.*)@example\\.com`,
    ),
  ]
}

/** Switches of the OpenID Connect sign-in have no effect without one. */
function optionProblems({ options, providers, path }: ProductInput<'trino'>): ProductProblem[] {
  const texts = options.additionalAudiences.map((text, index) => ({
    what: 'audience',
    text,
    path: [...path, 'trino', 'additionalAudiences', index],
  }))
  const audiences = [
    ...textProblems(texts, isExpanded, 'contains a part that Trino would replace: write it without ${...:...}'),
    ...textProblems(texts, (text) => text.includes(','), 'contains a comma, at which Trino would split it'),
  ]
  if (providers.length > 0) return audiences
  return (['refreshTokens', 'validateTokensLocally', 'additionalAudiences'] as const)
    .filter((key) => (Array.isArray(options[key]) ? options[key].length > 0 : options[key]))
    .map((key) =>
      warning(
        'setting-ignored',
        [...path, 'trino', key],
        'is ignored: it is about tokens, and no class here is an OpenID Connect provider',
      ),
    )
}

function render(input: ProductInput<'trino'>): Rendering {
  const groups = groupProvider(input)
  const files: RenderedFile[] = [
    propertiesFile(input, 'config.properties', configProperties(input), { syntax: trinoSyntax, refused: refusedKeys }),
    ...passwordFiles(input),
    ...(groups ? [groups] : []),
  ]
  return {
    files,
    variables: [
      ...input.providers.flatMap((provider) => clientVariables(input, provider)),
      ...passwordVariables(input),
    ],
    notes: {
      claims: input.providers
        .filter(({ wantsGroups }) => wantsGroups)
        .map(({ groupsClaim }) => `${claimCode(groupsClaim)} (a list of strings)`),
      needsAudience: true,
      steps: steps(input),
    },
  }
}

/** In the order in which Trino tries them. */
function authenticationTypes({ classes }: ProductInput<'trino'>): string {
  return [...new Set(classes.map(({ type }) => (type === 'oidc' ? 'OAUTH2' : 'PASSWORD')))].join(',')
}

function configProperties(input: ProductInput<'trino'>): (Comment | Property)[] {
  const pattern = input.options.userMappingPattern
  const [provider] = input.providers
  return [
    comment(
      'Sign-in for the coordinator. Written by `gatehouse render`: add it to etc/config.properties (REGISTER.md).',
    ),
    comment('Without this line or http-server.https.enabled=true Trino lets anybody in under any name.'),
    property('http-server.process-forwarded', 'true'),
    property('http-server.authentication.type', authenticationTypes(input)),
    ...(provider ? oauth2Properties(input, provider, groupSource(input)) : []),
    ...passwordProperties(input),
    ...(pattern === undefined
      ? []
      : authenticationTypes(input)
          .split(',')
          .map((type) => property(`http-server.authentication.${type.toLowerCase()}.user-mapping.pattern`, pattern))),
    ...(provider
      ? [
          comment('Without this line the web UI keeps its own login form.'),
          property('web-ui.authentication.type', 'oauth2'),
        ]
      : []),
  ]
}

function steps(input: ProductInput<'trino'>): string[] {
  const [provider] = input.providers
  const groups = groupSteps(input)
  return [
    'Append `config.properties` to the end of `etc/config.properties` of the coordinator; workers do not need it. (If a key appears twice, Trino uses the last one.) Your own part keeps `coordinator=true`, the ports and `internal-communication.shared-secret`, without which Trino does not start with authentication.',
    `TLS: \`http-server.process-forwarded=true\` is for a proxy in front that keeps \`Host\` and sets \`X-Forwarded-Proto: https\`. If Trino has its own certificate, add \`http-server.https.enabled=true\`, \`http-server.https.port\` and \`http-server.https.keystore.path\` to your own part; the line may stay. Nobody but the proxy and the workers may reach the plain http port. People must reach Trino at exactly ${mdCode(input.product.url)}.`,
    `Set the variables of \`secrets.env.example\` in the environment of the coordinator.`,
    ...(provider ? oauth2Steps(provider) : []),
    ...passwordSteps(input),
    ...groups,
    ...(provider
      ? [
          'Start the provider first, then Trino: it reads the discovery document only at start, and stops if it cannot. Wait for `SERVER STARTED` in the log; before that the web UI answers 500 `OAuth2 client not initialized`.',
          `Open ${mdCode(`${input.product.url}/ui/`)}, or run ${mdCode(`trino --server ${input.product.url} --external-authentication`)}.`,
        ]
      : []),
    ...(passwordClasses(input).length > 0
      ? [`Run ${mdCode(`trino --server ${input.product.url} --user NAME --password`)}.`]
      : []),
  ]
}
