/** What the lines for every Kafka listener have in common. */
import { type Comment, comment, envPlaceholder, mdCode, type Property, property } from '../../formats.ts'
import type { ProductInput, RenderedFile } from '../contract.ts'
import { commaList, propertiesFile } from '../extra/files.ts'

export function listenerOf({ options }: ProductInput<'kafka'>): string {
  return options.listener.toLowerCase()
}

export function bootstrap({ product }: ProductInput<'kafka'>): string {
  return new URL(product.url).host
}

export function isEncrypted({ product }: ProductInput<'kafka'>): boolean {
  return product.url.startsWith('https:')
}

export const headOf = (what: string) =>
  comment(`${what} Written by \`gatehouse render\`: add it to server.properties of every broker (REGISTER.md).`)

export function serverProperties(input: ProductInput<'kafka'>, entries: readonly (Comment | Property)[]): RenderedFile {
  return propertiesFile(input, 'server.properties', entries, kafkaFile)
}

/** Brokers and clients fill in `${env:NAME}`, cut lists at commas, and trim. */
export function isKafkaText(text: string): boolean {
  return !text.includes('${') && text.trim() === text
}

/** KIP-297: `${env:NAME}` in a value, once this provider is configured (Kafka 3.5, KIP-887). */
export const environmentProvider = [
  property('config.providers', 'env'),
  property('config.providers.env.class', 'org.apache.kafka.common.config.provider.EnvVarConfigProvider'),
]

/** Values of `extra`. A reference needs the provider above. */
export const kafkaFile = {
  syntax: { text: (text: string) => (isKafkaText(text) ? text : undefined), variable: envPlaceholder, list: commaList },
  forVariables: environmentProvider,
}

export function listenerStep(input: ProductInput<'kafka'>, protocol: string): string {
  const name = listenerOf(input).toUpperCase()
  const { port } = new URL(input.product.url)
  return `In your own part of \`server.properties\`, add ${mdCode(`${name}://:${port}`)} to \`listeners\`, its public address to \`advertised.listeners\`, and ${mdCode(`${name}:${protocol}`)} to \`listener.security.protocol.map\`: you already have these lists. Then append \`server.properties\`, on every broker.`
}

export function certificateStep(input: ProductInput<'kafka'>): string[] {
  return isEncrypted(input)
    ? [
        `The listener needs a certificate: ${mdCode(`listener.name.${listenerOf(input)}.ssl.keystore.type=PEM`)} and \`.ssl.keystore.location\` with key and certificate in one file.`,
      ]
    : []
}
