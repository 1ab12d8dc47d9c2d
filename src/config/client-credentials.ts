import { upperSnake } from '../formats/variable-name.ts'
import type { Config, OidcClientOptions } from './schema.ts'
import { parseSecretReference } from './secret-reference.ts'

/** How a client authenticates to an identity provider: never the secret, only where it is kept. */
export interface ClientCredentials {
  clientId: string
  /** The environment variable that rendered files name instead of the client id. */
  clientIdVariable: string | undefined
  /** The reference as it is configured; undefined when Gatehouse derives the secret itself (class `gatehouse` only). */
  secretReference: string | undefined
  /** The environment variable under which rendered files expect the secret. */
  secretVariable: string
}

/** `trino-prod` -> `TRINO_PROD_CLIENT_SECRET`. */
function defaultVariable(owner: string): string {
  return `${upperSnake(owner)}_CLIENT_SECRET`
}

/**
 * Client credentials of `owner` (a product, or a way in) from `secrets`. Without an entry the client id is the owner's name and
 * the secret is the one that Gatehouse derives for its own products.
 */
export function clientCredentialsOf(
  config: Pick<Config, 'secrets'>,
  owner: string,
  options: Pick<OidcClientOptions, 'clientCredentialsSecret'> | undefined,
): ClientCredentials {
  const entry =
    options?.clientCredentialsSecret === undefined ? undefined : config.secrets[options.clientCredentialsSecret]
  const secretReference = entry?.clientSecret
  const source = secretReference === undefined ? undefined : parseSecretReference(secretReference)
  return {
    clientId: entry?.clientId ?? owner,
    clientIdVariable: entry?.clientIdVariable,
    secretReference,
    secretVariable: source?.kind === 'env' ? source.name : defaultVariable(owner),
  }
}
