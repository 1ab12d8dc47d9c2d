/** Access tokens at a listener of Kafka (KIP-768): brokers check them, clients fetch them. */
import {
  type Comment,
  comment,
  envEntry,
  envPlaceholder,
  mdCode,
  type Property,
  property,
  UnwritableValue,
} from '../../formats.ts'
import type { ProviderEndpoints } from '../../vendors/contract.ts'
import type { ProductInput, ProductProblem, Provider, RenderedFile, Rendering } from '../contract.ts'
import { propertiesFile } from '../extra/files.ts'
import { accessTokenProblems } from '../writing/access-tokens.ts'
import { environmentFile } from '../writing/environment-file.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { error } from '../writing/problem.ts'
import { providerTexts, textProblems } from '../writing/replaced-texts.ts'
import { isBefore } from '../writing/version.ts'
import {
  bootstrap,
  certificateStep,
  environmentProvider,
  headOf,
  isEncrypted,
  isKafkaText,
  kafkaFile,
  listenerOf,
  listenerStep,
  serverProperties,
} from './listener.ts'

const oauthbearer = 'org.apache.kafka.common.security.oauthbearer'

export function providerProblems(input: ProductInput<'kafka'>, provider: Provider): ProductProblem[] {
  return [...endpointProblems(provider), ...tokenProblems(input, provider), ...valueProblems(input, provider)]
}

function endpointProblems({ endpoints, className, path }: Provider): ProductProblem[] {
  if (!endpoints) {
    return [
      error(
        path,
        `Kafka reads no discovery document, and the addresses of ${className} do not follow from its issuer: write authenticationClasses.${className}.oidc.endpoints`,
      ),
    ]
  }
  return [endpoints.jwks, endpoints.token]
    .filter((address) => address.includes(','))
    .map((address) =>
      error(path, `Kafka reads ${address} as several addresses: write the comma as %2C in oidc.endpoints`),
    )
}

function tokenProblems(input: ProductInput<'kafka'>, provider: Provider): ProductProblem[] {
  const { vendor, path, scopes, clientId } = provider
  const way = 'use a provider whose access tokens are signed JWTs, such as Keycloak'
  const token = vendor.accessToken(provider)
  if (token.kind === 'without-audience') {
    return [error(path, `access tokens of ${vendor.title} have no audience, which Kafka requires: ${way}`)]
  }
  const ending = vendor.clientCredentialsScope
  // A client that requests no API gets no token at all.
  const asksForNothing = token.kind === 'for-another-api' && token.scope === undefined
  const problems = asksForNothing
    ? []
    : accessTokenProblems(provider, { title: 'Kafka', path, way, audience: audienceOf(input, provider) })
  if (problems.length > 0 || ending === undefined || scopes.some((scope) => scope.endsWith(ending))) return problems
  return [
    error(
      path,
      `Entra gives clients a token only for a scope that ends in ${ending}: add ${clientId}${ending} to oidc.extraScopes`,
    ),
  ]
}

function audienceOf({ options }: ProductInput<'kafka'>, { clientId }: Provider): string {
  return options.audience ?? clientId
}

function valueProblems(input: ProductInput<'kafka'>, provider: Provider): ProductProblem[] {
  const { clientId, clientIdVariable, issuer, path } = provider
  const problems = textProblems(
    [
      ...providerTexts(provider).filter(({ what }) => what !== 'groupsClaim'),
      { what: 'audience', text: audienceOf(input, provider), path },
      { what: 'issuer', text: issuer, path },
    ],
    (text) => !isKafkaText(text),
    'contains a part that Kafka would replace or cut off: write it without ${...} and without blanks around it',
  )
  if (audienceOf(input, provider).includes(',')) {
    problems.push(
      error(path, 'the audience contains a comma, and Kafka reads it as several: write kafka.audience without commas'),
    )
  }
  if (usesJaasOptions(input) || input.options.betweenBrokers) {
    for (const text of [clientIdVariable === undefined ? clientId : '', scopeOf(provider)]) {
      if (isJaasText(text)) continue
      problems.push(
        error(
          path,
          `${JSON.stringify(text)} cannot stand in the JAAS configuration of ${usesJaasOptions(input) ? 'clients before Kafka 4.1' : 'brokers among each other'}: write it in ASCII without " and \\`,
        ),
      )
    }
  }
  return problems
}

export function tokens(input: ProductInput<'kafka'>, provider: Provider, endpoints: ProviderEndpoints): Rendering {
  const listener = `listener.name.${listenerOf(input)}`
  const bearer = `${listener}.oauthbearer`
  const { clientIdVariable } = provider
  const named = input.options.audience === undefined && clientIdVariable !== undefined
  const broker = serverProperties(input, [
    headOf('Access tokens.'),
    ...(named || input.options.betweenBrokers ? environmentProvider : []),
    property(`${listener}.sasl.enabled.mechanisms`, 'OAUTHBEARER'),
    ...(input.options.betweenBrokers
      ? brokerLogin(input, provider, endpoints)
      : [property(`${bearer}.sasl.jaas.config`, `${oauthbearer}.OAuthBearerLoginModule required;`)]),
    property(`${bearer}.sasl.server.callback.handler.class`, `${oauthbearer}.OAuthBearerValidatorCallbackHandler`),
    property(`${bearer}.sasl.oauthbearer.jwks.endpoint.url`, endpoints.jwks),
    property(`${bearer}.sasl.oauthbearer.expected.issuer`, provider.issuer),
    property(
      `${bearer}.sasl.oauthbearer.expected.audience`,
      named ? envPlaceholder(clientIdVariable) : audienceOf(input, provider),
    ),
    comment('The name in ACLs: User:<the value of this claim>.'),
    property(`${bearer}.sasl.oauthbearer.sub.claim.name`, provider.principalClaim),
  ])
  return {
    files: [
      broker,
      ...allowedUrls(input, 'broker.env', [endpoints.jwks, ...(input.options.betweenBrokers ? [endpoints.token] : [])]),
      ...clientFiles(input, provider, endpoints),
    ],
    variables: clientVariables(input, provider),
    notes: {
      claims: [`\`aud\` with ${mdCode(audienceOf(input, provider))}`],
      needsAudience: true,
      secretPlace: input.options.betweenBrokers ? 'the brokers, and of clients' : 'the clients',
      steps: oauthSteps(input, provider),
    },
  }
}

/**
 * How a broker signs in at the others: as the client of this product. The settings of a client that Kafka 4.1 brought are for clients; in the
 * JAAS configuration of a listener every version reads them.
 */
function brokerLogin(
  input: ProductInput<'kafka'>,
  provider: Provider,
  endpoints: ProviderEndpoints,
): (Comment | Property)[] {
  const { clientId, clientIdVariable, secretVariable } = provider
  const bearer = `listener.name.${listenerOf(input)}.oauthbearer`
  const scope = scopeOf(provider)
  return [
    comment('Brokers reach each other here too, each with a token of its own.'),
    property('inter.broker.listener.name', listenerOf(input).toUpperCase()),
    property('sasl.mechanism.inter.broker.protocol', 'OAUTHBEARER'),
    property(`${bearer}.sasl.login.callback.handler.class`, `${oauthbearer}.OAuthBearerLoginCallbackHandler`),
    property(`${bearer}.sasl.oauthbearer.token.endpoint.url`, endpoints.token),
    property(
      `${bearer}.sasl.jaas.config`,
      jaasModule({
        clientId: clientIdVariable === undefined ? clientId : envPlaceholder(clientIdVariable),
        clientSecret: envPlaceholder(secretVariable),
        ...(scope === '' ? {} : { scope }),
      }),
    ),
  ]
}

/** Since 4.0 Kafka calls only addresses that the JVM allows (CVE-2025-27817); 3.9.1 reads the option, but calls all others too. */
function mustAllowUrls({ options, version }: ProductInput<'kafka'>): boolean {
  return options.allowedUrls ?? !isBefore(version, '4.0')
}

function allowedUrls(input: ProductInput<'kafka'>, path: string, urls: readonly string[]): RenderedFile[] {
  if (!mustAllowUrls(input)) return []
  const option = `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${urls.join(',')}`
  return [
    environmentFile(path, [
      comment('Without this option Kafka refuses to call the provider. If you already set KAFKA_OPTS, add it there.'),
      envEntry('KAFKA_OPTS', option),
    ]),
  ]
}

/** KIP-1139: before 4.1 the client's settings are in the JAAS configuration. */
function usesJaasOptions({ version }: ProductInput<'kafka'>): boolean {
  return isBefore(version, '4.1')
}

function clientFiles(input: ProductInput<'kafka'>, provider: Provider, endpoints: ProviderEndpoints): RenderedFile[] {
  const { clientId, clientIdVariable, secretVariable } = provider
  const id = clientIdVariable === undefined ? clientId : envPlaceholder(clientIdVariable)
  const secret = envPlaceholder(secretVariable)
  const scope = scopeOf(provider)
  const client = 'sasl.oauthbearer.client.credentials.client'
  const entries: (Comment | Property)[] = [
    comment('An example for clients: producers, consumers, --command-config. Written by `gatehouse render`.'),
    property('bootstrap.servers', bootstrap(input)),
    property('security.protocol', isEncrypted(input) ? 'SASL_SSL' : 'SASL_PLAINTEXT'),
    ...environmentProvider,
    property('sasl.mechanism', 'OAUTHBEARER'),
    property('sasl.login.callback.handler.class', `${oauthbearer}.OAuthBearerLoginCallbackHandler`),
    property('sasl.oauthbearer.token.endpoint.url', endpoints.token),
    ...(usesJaasOptions(input)
      ? [
          property(
            'sasl.jaas.config',
            jaasModule({ clientId: id, clientSecret: secret, ...(scope === '' ? {} : { scope }) }),
          ),
        ]
      : [
          property('sasl.jaas.config', `${oauthbearer}.OAuthBearerLoginModule required;`),
          property(`${client}.id`, id),
          property(`${client}.secret`, secret),
          ...(scope === '' ? [] : [property('sasl.oauthbearer.scope', scope)]),
        ]),
  ]
  return [
    propertiesFile(input, 'client.properties', entries, kafkaFile),
    ...allowedUrls(input, 'client.env', [endpoints.token]),
  ]
}

/** Scopes about a person mean nothing to a client that signs in as itself, and some providers refuse them there. */
function scopeOf({ scopes }: Provider): string {
  const personal = ['openid', 'email', 'profile', 'groups', 'offline_access']
  return scopes.filter((scope) => !personal.includes(scope)).join(' ')
}

function isJaasText(text: string): boolean {
  return /^[ !#-[\]-~]*$/.test(text)
}

function jaasModule(options: Readonly<Record<string, string>>): string {
  const texts = Object.entries(options).map(([key, text]) => {
    if (!isJaasText(text)) throw new UnwritableValue(`not a text of JAAS: ${JSON.stringify(text)}`)
    return ` ${key}="${text}"`
  })
  return `${oauthbearer}.OAuthBearerLoginModule required${texts.join('')};`
}

function oauthSteps(input: ProductInput<'kafka'>, { tls, className }: Provider): string[] {
  const allowed = mustAllowUrls(input)
  return [
    listenerStep(input, isEncrypted(input) ? 'SASL_SSL' : 'SASL_PLAINTEXT'),
    ...certificateStep(input),
    ...(tls.kind === 'own-ca'
      ? [
          `Let the JVM of brokers and clients trust the certificate authority (\`ca.crt\` of ${mdCode(tls.secretClass)}, PEM): ${mdCode(`keytool -importcert -noprompt -cacerts -storepass changeit -alias ${className} -file ca.crt`)}.`,
        ]
      : []),
    ...(allowed
      ? [
          'Start brokers with the variables of `broker.env` in their environment, and clients with those of `client.env`.',
        ]
      : []),
    'Clients use the settings of `client.properties`, and the variables of `secrets.env.example`. Give each client its own id and secret at the provider.',
    `Test it: ${mdCode(`bin/kafka-topics.sh --bootstrap-server ${bootstrap(input)} --command-config client.properties --list`)}.`,
    ...(input.options.betweenBrokers
      ? [
          `Brokers sign in at each other as the client of this product: set its variables in the environment of every broker too, take \`security.inter.broker.protocol\` out of your own part, and list the name that its tokens have in ${mdCode('super.users=User:NAME')}.`,
        ]
      : []),
    'Give permissions to names: `bin/kafka-acls.sh --add --allow-principal User:NAME ...`.',
  ]
}
