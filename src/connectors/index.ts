import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { clientCredentialsOf } from '../config/client-credentials.ts'
import { issuerOf } from '../config/issuer.ts'
import type { Config, LoginEntry } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { AppError } from '../errors.ts'
import { createFetch, type OutgoingOptions } from '../outgoing.ts'
import type { Connector } from './contract.ts'

export interface ConnectorContext {
  config: Config
  env: Readonly<Record<string, string | undefined>>
  /** Folder that relative paths of the configuration start from. */
  baseDir: string
}

/** The connector of one way in. Loads the code that it needs; contacts nobody. Throws `secret-not-found`. */
export async function createConnector(entry: LoginEntry, context: ConnectorContext): Promise<Connector> {
  const name = entry.authenticationClass ?? ''
  const provider = context.config.authenticationClasses[name]?.oidc
  if (!provider) throw new AppError('config-invalid', { authenticationClass: name })

  const { createOidcConnector } = await import('./oidc.ts')
  const { clientId, secretReference } = clientCredentialsOf(context.config, name, entry.oidc)
  return createOidcConnector({
    name,
    issuer: issuerOf(provider),
    clientId,
    clientSecret: resolveSecret(secretReference ?? '', context).reveal(),
    clientAuthenticationMethod: entry.oidc?.clientAuthenticationMethod ?? 'client_secret_basic',
    scopes: [...new Set([...provider.scopes, ...(entry.oidc?.extraScopes ?? [])])],
    principalClaim: provider.principalClaim,
    fetch: createFetch(outgoingOptions(name, context)),
  })
}

/** How the provider of a class is called: its own certificate authority, and the network settings. */
export function outgoingOptions(className: string, { config, env, baseDir }: ConnectorContext): OutgoingOptions {
  const { network, secrets } = config
  const verification = config.authenticationClasses[className]?.oidc?.tls?.verification
  const secretClass = verification?.server?.caCert.secretClass
  const classCa = secretClass === undefined ? undefined : secrets[secretClass]?.['ca.crt']
  const ca = [
    ...(network.ca === undefined ? [] : [readFileSync(resolve(baseDir, network.ca), 'utf8')]),
    ...(classCa === undefined ? [] : [resolveSecret(classCa, { env, baseDir }).reveal()]),
  ]
  const proxy = network.proxy === undefined ? undefined : proxyAddress(network.proxy, { env, baseDir })
  return {
    ca,
    noProxy: network.noProxy,
    ...(proxy === undefined ? {} : { proxy }),
    ...(verification?.none ? { insecureTls: true } : {}),
  }
}

/** A proxy named by a variable that is not set is no proxy: the same file then serves laptop and cluster. */
function proxyAddress(text: string, context: Pick<ConnectorContext, 'env' | 'baseDir'>): string | undefined {
  const variable = /^\$\{env:([^}]+)\}$/.exec(text)?.[1]
  return variable === undefined ? text : context.env[variable] || undefined
}
