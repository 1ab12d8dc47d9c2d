import { kindTitles } from '../../config/product-titles.ts'
import { envPlaceholder, mdCode, property } from '../../formats.ts'
import type {
  ClientCertificates,
  KerberosRealm,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Rendering,
} from '../contract.ts'
import { plainUrlError } from '../writing/addresses.ts'
import { error, warning } from '../writing/problem.ts'
import { kafkaClient } from './client.ts'
import { certificateStep, environmentProvider, headOf, listenerOf, listenerStep, serverProperties } from './listener.ts'
import { providerProblems, tokens } from './tokens.ts'

const title = kindTitles.kafka
const principalVariable = 'KAFKA_KERBEROS_PRINCIPAL'

/**
 * Kafka brokers: lines for one listener in `server.properties`, and an example for clients. There is no browser: a
 * client brings its own access token (KIP-768), a certificate or a Kerberos ticket. `url` is the address of the listener.
 */
export const kafka: ProductDescription<'kafka'> = {
  title,
  client: kafkaClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in',
    singleGroup: 'no groups are read',
    refresh: 'needs no token',
  },
  accepts: {
    classes: { oidc: { most: 1 }, tls: { most: 1 }, kerberos: { most: 1 } },
    oneTypeOnly: 'a Kafka listener takes one class here',
    skipsVerification: [],
    // Tokens are checked anyway; that they can be read on the way is a warning.
    refusesPlainUrl: (input) => refusal(input) !== undefined,
  },
  ignores: {
    roles: 'Kafka knows people and services by name only; write ACLs for User:<name>',
    groupsClaim: 'Kafka knows people and services by name only; write ACLs for User:<name>',
  },
  admission: {
    strangers: () => undefined,
  },
  problems,
  render,
}

function problems(input: ProductInput<'kafka'>): ProductProblem[] {
  return [
    ...urlProblems(input),
    ...listenerProblems(input),
    ...input.providers.flatMap((provider) => providerProblems(input, provider)),
    ...optionProblems(input),
  ]
}

function urlProblems(input: ProductInput<'kafka'>): ProductProblem[] {
  const { product, path } = input
  const { port, pathname, protocol } = new URL(product.url)
  const at = [...path, 'url']
  const problems: ProductProblem[] = []
  if (port === '' || pathname !== '/') {
    problems.push(
      error(
        at,
        `is the address of the listener, so it needs a port and no path: write it such as https://${new URL(product.url).hostname}:9093 (https for TLS, http for none)`,
      ),
    )
  }
  const why = protocol === 'http:' ? refusal(input) : undefined
  if (why !== undefined) problems.push(plainUrlError(input, why, 'at the listener'))
  return problems
}

/** Why a listener needs TLS, by the type of its class. */
function refusal({ classes }: ProductInput<'kafka'>): string | undefined {
  const types = classes.map(({ type }) => type)
  if (types.includes('tls')) return 'a listener without TLS requests no client certificate'
  return types.includes('kerberos') ? 'Kerberos proves who somebody is, but encrypts nothing that follows' : undefined
}

function listenerProblems({ options, path }: ProductInput<'kafka'>): ProductProblem[] {
  const listener = options.listener
  // Kafka writes listener names in lower case in keys.
  if (/^[A-Za-z0-9_-]+$/.test(listener)) return []
  return [
    error(
      [...path, 'kafka', 'listener'],
      `${JSON.stringify(listener)} is not a listener name: write letters, digits, - and _ only`,
    ),
  ]
}

function optionProblems({ options, providers, path }: ProductInput<'kafka'>): ProductProblem[] {
  if (providers.length > 0) return []
  return (['audience', 'allowedUrls', 'betweenBrokers'] as const)
    .filter((key) => options[key] !== undefined && options[key] !== false)
    .map((key) =>
      warning(
        'setting-ignored',
        [...path, 'kafka', key],
        'is ignored: it is about tokens, and there is no class of type oidc',
      ),
    )
}

function render(input: ProductInput<'kafka'>): Rendering {
  const [someClass] = input.classes
  if (someClass?.type === 'oidc' && someClass.endpoints) return tokens(input, someClass, someClass.endpoints)
  if (someClass?.type === 'tls') return certificates(input, someClass)
  if (someClass?.type === 'kerberos') return kerberos(input, someClass)
  throw new Error(`${input.name} has no class that brokers take`)
}

function certificates(input: ProductInput<'kafka'>, { secretClass, className }: ClientCertificates): Rendering {
  const listener = `listener.name.${listenerOf(input)}`
  const file = `/etc/kafka/${className}-ca.pem`
  const broker = serverProperties(input, [
    headOf('Client certificates.'),
    property(`${listener}.ssl.client.auth`, 'required'),
    ...(secretClass === undefined
      ? []
      : [property(`${listener}.ssl.truststore.type`, 'PEM'), property(`${listener}.ssl.truststore.location`, file)]),
  ])
  return {
    files: [broker],
    variables: [],
    notes: {
      claims: [],
      needsAudience: false,
      steps: [
        listenerStep(input, 'SSL'),
        ...certificateStep(input),
        secretClass === undefined
          ? 'Clients need a certificate from the authority in the trust store of the listener (`ssl.truststore.location`).'
          : `Copy the certificate authority (\`ca.crt\` of ${mdCode(secretClass)}, PEM) to ${mdCode(file)} on every broker. Clients need a certificate from it.`,
        'The name is the whole subject of the certificate (`User:CN=...`), unless `ssl.principal.mapping.rules` shortens it.',
      ],
    },
  }
}

function kerberos(input: ProductInput<'kafka'>, { secretClass }: KerberosRealm): Rendering {
  const listener = `listener.name.${listenerOf(input)}`
  const principal = envPlaceholder(principalVariable)
  const broker = serverProperties(input, [
    headOf('Kerberos.'),
    ...environmentProvider,
    property(`${listener}.sasl.enabled.mechanisms`, 'GSSAPI'),
    property(`${listener}.sasl.kerberos.service.name`, 'kafka'),
    property(
      `${listener}.gssapi.sasl.jaas.config`,
      `com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true isInitiator=false keyTab="/etc/kafka/kafka.keytab" principal="${principal}";`,
    ),
  ])
  return {
    files: [broker],
    variables: [{ name: principalVariable, note: 'The principal of this broker: kafka/<its host name>@<REALM>.' }],
    notes: {
      claims: [],
      needsAudience: false,
      steps: [
        listenerStep(input, 'SASL_SSL'),
        ...certificateStep(input),
        `Copy the keytab and krb5.conf of ${mdCode(secretClass)} to \`/etc/kafka/kafka.keytab\` and \`/etc/krb5.conf\` on every broker.`,
        'Set the variables of `secrets.env.example`, on every broker with its own host name.',
        'Clients use `security.protocol` of the listener, `sasl.mechanism=GSSAPI` and `sasl.kerberos.service.name=kafka`.',
      ],
    },
  }
}
