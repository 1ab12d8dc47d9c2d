import { printable, printableJson } from '../../printable.ts'
import { withoutSecrets } from '../../provider/clients.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'

export const declareList: Declare = (command, { surroundings, finish }) => {
  const files = configFiles(command, { bare: true })
  command
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse clients list')
    .action((named: string[], { json }: { json: boolean }) => {
      finish(listClients({ files: files(named), json }, surroundings))
    })
}

/** What is not the usual secret. */
const methods: Readonly<Record<string, readonly string[]>> = {
  none: ['  has no secret (public client, PKCE with S256)'],
  private_key_jwt: ['  has no secret, and proves itself with its private key (private_key_jwt)'],
}

/**
 * `gatehouse clients list`: the products that sign in through this server, where they may return to and for which services they may
 * have tokens. Needs no store and no key.
 */
export function listClients(
  { files, json }: { files: readonly string[]; json: boolean },
  surroundings: Pick<Surroundings, 'env' | 'stdout' | 'stderr'>,
): ExitStatus {
  const { stdout } = surroundings
  const loaded = loadOrExplain(files, surroundings)
  if (!loaded) return 2
  const clients = withoutSecrets(loaded.config).map(({ product, resources, introspects, metadata }) => ({
    product,
    clientId: metadata.client_id,
    authenticationMethod: metadata.token_endpoint_auth_method ?? 'client_secret_basic',
    responseTypes: metadata.response_types ?? [],
    redirectUris: metadata.redirect_uris,
    postLogoutRedirectUris: metadata.post_logout_redirect_uris ?? [],
    grantTypes: metadata.grant_types ?? [],
    resources: [...resources.keys()],
    introspects: [...introspects],
  }))
  if (json) stdout(`${printableJson(clients)}\n`)
  else if (clients.length === 0) stdout('No product has the authenticationClass gatehouse.\n')
  else {
    for (const {
      product,
      clientId,
      authenticationMethod,
      responseTypes,
      redirectUris,
      grantTypes,
      resources,
      introspects,
    } of clients) {
      const own = grantTypes.includes('client_credentials') ? ', also of its own' : ''
      const others = responseTypes.filter((type) => type !== 'code')
      const lines = [
        `${product}  client id ${clientId}`,
        ...(methods[authenticationMethod] ?? []),
        ...(others.length > 0 ? [`  gets tokens through the browser: ${others.join(', ')}`] : []),
        ...redirectUris.map((uri) => `  returns to ${uri}`),
        ...resources.map((url) => `  gets tokens for ${url}${own}`),
        ...introspects.map((url) => `  may look up tokens for ${url}`),
      ]
      stdout(lines.map((line) => `${printable(line)}\n`).join(''))
    }
  }
  return 0
}
