import { kindTitles } from '../../config/product-titles.ts'
import { type Comment, comment, type EnvEntry, envEntry, mdCode } from '../../formats.ts'
import type { ProductDescription, ProductInput, ProductProblem, Provider, Rendering } from '../contract.ts'
import { variablesFile } from '../extra/files.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { claimCode, claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { soleProvider } from '../writing/provider-facts.ts'
import { providerTexts, textProblems } from '../writing/replaced-texts.ts'
import { datahubClient } from './client.ts'

const title = kindTitles.datahub

/** DataHub: variables of datahub-frontend, which signs people in; the metadata service behind it trusts the frontend. */
export const datahub: ProductDescription<'datahub'> = {
  title,
  client: datahubClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in',
    singleGroup: 'unknown',
    refresh: 'needs no token',
  },
  accepts: {
    classes: { oidc: { most: 1, why: 'DataHub signs in at one OpenID Connect provider' } },
    skipsVerification: [],
  },
  ignores: {
    roles:
      'DataHub assigns roles (Admin, Editor, Reader) in its own settings, to people and to groups from the sign-in',
  },
  problems,
  render,
}

function problems(input: ProductInput): ProductProblem[] {
  return [
    ...nestedClaimProblems(input.providers.filter(readsGroups), { title }),
    ...textProblems(
      input.providers.flatMap(providerTexts).filter(({ what }) => what === 'groupsClaim'),
      (text) => text.includes(','),
      'contains a comma, at which DataHub would split it: choose one without it',
    ),
  ]
}

function render(input: ProductInput): Rendering {
  const provider = soleProvider(input)
  return {
    files: [
      variablesFile(input, 'frontend.env', environment(input, provider), {
        expected: ['DATAHUB_SECRET', 'AUTH_OIDC_CLIENT_SECRET'],
      }),
    ],
    variables: [
      {
        name: 'DATAHUB_SECRET',
        note: 'Signs the session cookies; the same for every replica of the frontend. Make one: openssl rand -base64 42',
      },
      ...clientVariables(input, provider),
    ],
    notes: {
      claims: [
        '`given_name`, `family_name`, `name`, `email`, `picture`',
        ...(provider.wantsGroups ? [`${claimCode(provider.groupsClaim)} (a list of strings)`] : []),
      ],
      needsAudience: false,
      steps: steps(input, provider),
    },
  }
}

function environment({ product }: ProductInput, provider: Provider): (Comment | EnvEntry)[] {
  const { pathname } = new URL(product.url)
  return [
    comment('Sign-in. Written by `gatehouse render`: set these in the environment of datahub-frontend (REGISTER.md).'),
    envEntry('AUTH_OIDC_ENABLED', 'true'),
    ...(provider.clientIdVariable === undefined ? [envEntry('AUTH_OIDC_CLIENT_ID', provider.clientId)] : []),
    envEntry('AUTH_OIDC_DISCOVERY_URI', provider.discoveryUrl),
    envEntry('AUTH_OIDC_BASE_URL', product.url),
    ...(pathname === '/' ? [] : [envEntry('DATAHUB_BASE_PATH', pathname)]),
    envEntry('AUTH_OIDC_SCOPE', provider.scopes.join(' ')),
    envEntry('AUTH_OIDC_CLIENT_AUTHENTICATION_METHOD', provider.clientAuthenticationMethod),
    comment('It becomes the user name, and part of every URN of the person: do not change it later.'),
    envEntry('AUTH_OIDC_USER_NAME_CLAIM', provider.principalClaim),
    envEntry('AUTH_OIDC_USER_NAME_CLAIM_REGEX', '(.*)'),
    ...provisioning(provider),
    comment('Off: otherwise /login accepts the well-known user datahub with the password datahub.'),
    envEntry('AUTH_JAAS_ENABLED', 'false'),
    ...(product.url.startsWith('https:') ? [envEntry('AUTH_COOKIE_SECURE', 'true')] : []),
  ]
}

/** Groups become those of DataHub with the account. */
function readsGroups({ entry, wantsGroups }: Provider): boolean {
  return wantsGroups && (entry.userRegistration ?? true)
}

function provisioning(provider: Provider): (Comment | EnvEntry)[] {
  const registers = provider.entry.userRegistration ?? true
  return [
    envEntry('AUTH_OIDC_JIT_PROVISIONING_ENABLED', String(registers)),
    envEntry('AUTH_OIDC_PRE_PROVISIONING_REQUIRED', String(!registers)),
    envEntry('AUTH_OIDC_EXTRACT_GROUPS_ENABLED', String(readsGroups(provider))),
    ...(readsGroups(provider) ? [envEntry('AUTH_OIDC_GROUPS_CLAIM', claimName(provider.groupsClaim))] : []),
  ]
}

function steps({ product }: ProductInput, provider: Provider): string[] {
  const list = [
    'Set the variables of `frontend.env` and of `secrets.env.example` in the environment of datahub-frontend (Helm: `datahub-frontend.extraEnvs`).',
  ]
  if (provider.tls.kind === 'own-ca') {
    list.push(
      `Put the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM) into a Java trust store (\`keytool -importcert -noprompt -file ca.crt -alias provider -keystore truststore.p12 -storepass changeit\`, together with the public authorities) and start the frontend with \`JAVA_OPTS=-Djavax.net.ssl.trustStore=/path/truststore.p12\`.`,
    )
  }
  list.push(
    'Set `METADATA_SERVICE_AUTH_ENABLED=true` for the frontend and for the metadata service (GMS): without it everybody who reaches GMS can read and write everything without signing in.',
    'Name the first administrator before you remove the built-in user: sign in once as yourself. Then, with `AUTH_JAAS_ENABLED=true` and your own password for `datahub` in `user.props`, give yourself the role Admin under **Settings → Users & Groups**, and set the variable back.',
    `Open ${mdCode(product.url)}: it sends you to the provider at once.`,
  )
  return list
}
